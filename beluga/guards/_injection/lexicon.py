"""The words that injections are made of, in many languages, as concepts of one letter each.

A token of a text becomes one letter: "Ignore all previous instructions" and "Ignoriere alle vorherigen
Anweisungen" both read ``IAPN``, and a word that says nothing becomes ``_``. Rules and model work on these
letters, so what is learnt in one language holds in the others.

A word ending in ``*`` is a stem: it stands for every token that starts with it. Words are written in plain
Latin letters where the language uses them, because texts are read through `latinise` first. Languages:
English, German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Danish, Polish, Czech, Romanian,
Hungarian, Finnish, Turkish, Indonesian, Vietnamese, Russian, Ukrainian, Greek, Arabic, Persian, Hebrew,
Hindi, Bengali, Chinese, Japanese, Korean, Thai.
"""

from __future__ import annotations

__all__ = ["CONCEPTS", "UNKNOWN"]

UNKNOWN = "_"

CONCEPTS: dict[str, str] = {
    # I is for: leave aside what was said
    "I": """
        ignore ignores ignored ignoring disregard* forget forgets forgetting overrid* overwrite discard*
        ignorier* vergiss vergessen vergesst missacht* verwirf uberschreib* ignorez ignorer oublie oubliez
        oublier negligez neglige ignorar ignora ignoren olvida olvide olviden olvidar olvidate descarta descarte
        desestim* dimentica dimenticare dimenticate ignorare ignorate trascura scorda ignorem esqueca esquece
        esquecer esquecam desconsider* negeer negeren vergeet ignorera bortse glom glommer glem zignoruj ignoruj
        ignorowac zignorowac zapomnij pomin zapomen zapomente ignorujte ignorati uita uitati uită ignorald hagyd
        felejtsd unohda sivuuta abaikan lupakan hiraukan игнориру* проигнориру* забудь* забыть отмени отмените
        пренебрег* ігнору* проігнору* забудь αγνοησ* αγνοηστε ξεχασ* תתעלם התעלם שכח תתעלמי
    """,
    # i is for: the same in languages whose verb comes last, and in those written without spaces
    "i": """
        unut unutun yoksay* gormezden अनदेखा नज़रअंदाज़ नजरअंदाज भूल भुला उपेक्षा अनसुना ভুলে উপেক্ষা 무시* 잊어*
        잊고* 망각* 忽略 无视 無視 忘记 忘掉 忘記 忽视 忽視 抛开 不予理会 不要理会 别管 不顾 忘れて 忘れろ 忘れなさい เพิกเฉย ละเว้น ลืม تجاهل* تجاهلي انس
        انسى نادیده فراموش
    """,
    # B is for: get round what holds one back
    "B": """
        bypass* circumvent* evad* disabl* deactivat* unlock* sidestep* jailbreak* violat* break breaks umgeh*
        deaktivier* aushebel* contourn* desactiv* eludir elude evita* burlar saltate aggir* disattiv* contorn*
        burle desativ* omzeil* uitschakel* kringga obejdz omin wylacz obejit vypni ocol* dezactiv* обойди*
        обход* отключ* взлом* обійди вимкни atla asla nonaktifkan 绕过 繞過 规避 越狱 越獄 禁用 解除 突破 回避 バイパス 無効 脱獄 우회* 해제*
        탈옥* تجاوز* تعطيل تخطي बायपास अक्षम दरकिनार
    """,
    # P is for: what came before
    "P": """
        previous previously prior above preceding earlier foregoing initial original former aforementioned
        vorherig* vorig* bisherig* obig* vorangegangen* vorangehend* fruher* vorstehend* ursprunglich* zuvor
        bisher precedent* anterieur* dessus initiales prealable* anterior* previo previos previa previas
        precedente* precedenti sopra previ* anteriore vorige eerdere bovenstaande voorgaande tidigare
        ovanstaende forrige tidligere ovenstaende poprzedni* wczesniejsz* powyzsz* predchozi* predesl* vyse
        anterioar* korabbi elozo fenti aiemm* edelli* onceki* yukaridaki evvelki sebelumnya terdahulu truoc
        предыдущ* прежн* прошл* вышеуказан* вышеизложен* вышеприведен* ранее выше попередн* προηγουμεν* παραπανω
        السابق* سابق* اعلاه أعلاه قبلی پیشین הקודמות הקודם הקודמת पिछल* पूर्व उपरोक्त पहले আগের পূর্ববর্তী 之前 以前
        先前 上述 以上 前面 上面 此前 原先 上記 これまで 先ほど 前述 이전* 앞선 위의 기존* ก่อนหน้า
    """,
    # N is for: instructions, rules
    "N": """
        instruction instructions directive directives rule rules guideline guidelines commands orders
        instrucitons programming anweisung* instruktion* befehl* regel regeln richtlinie* vorgabe* weisung*
        consigne* directiv* regles ordres instruccion* indicacion* ordenes reglas directric* istruzion* regole
        direttiv* comandi ordini instruco* instruca* regras diretriz* ordens instructie* opdracht* regels
        anvisning* regler instruks* instrukcj* polecen* zasad* wytyczn* regul* instrukc* pokyn* pravid*
        instructiun* reguli* utasitas* szabaly* ohje* saanto* saannot talimat* komut* kural* yonerge* instruksi
        perintah aturan arahan инструкц* указани* правил* директив* команд* распоряжен* установк* інструкц*
        вказівк* οδηγι* εντολ* κανον* تعليم* اوامر أوامر قواعد توجيهات دستورالعمل* دستور* قوانین הוראות ההוראות
        כללים הכללים निर्देश* आदेश* नियम* अनुदेश* নির্দেশ* নিয়ম* 指令 指示 规则 規則 命令 规定 指引 准则 ルール 지시* 명령* 규칙* 지침*
        คำสั่ง กฎ
    """,
    # Q is for: the prompt
    "Q": """
        prompt prompts preprompt metaprompt eingabeaufforderung systemprompt systemaufforderung systemprompts
        aufforderung prompten istem istemi istemini podpowiedz промпт* промт* запит* подсказк* موجه* prompta
        המפרט प्रॉम्प्ट* प्रोम्प्ट* संकेत 提示词 提示詞 提示 プロンプト 프롬프트* พรอมต์
    """,
    # S is for: the system behind the conversation
    "S": """
        system systems systeme sistema sistemas systemu systemowy systemowe* systemov* sistem sistemul sistemin
        rendszer* jarjestelm* systemet systemem систем* σύστημα συστηματος نظام سیستم המערכת מערכת सिस्टम
        सिस्टम* প্রণালী 系统 系統 システム 시스템* ระบบ
    """,
    # R is for: bring to light
    "R": """
        reveal* disclose* leak* expose* divulge* print output display show repeat recite dump summarize
        paraphrase verrat* verrate offenlegen offenbar* enthull* zeig zeige wiederhol* gib revele* divulgue*
        affiche* montre* repete* revela* muestra* mostrar imprime imprima repita repite divulga* rivela* mostra*
        stampa ripeti revele mostre toon onthul* herhaal visa avsloja upprepa vis avslor ujawnij pokaz powtorz
        wyswietl odhal ukaz zopakuj dezvaluie arata repeta mutasd fedd nayta paljasta goster* acikla ifsa
        tekrarla yazdir tampilkan ungkapkan perlihatkan ulangi раскро* покаж* выведи* повтори* розкрий покажи
        αποκαλυψ* δειξε اكشف اظهر أظهر اطبع كرر اعرض فاش نشان גלה הצג חזור दिखा* प्रकट दोहरा* बता* খুলে দেখাও 显示
        顯示 透露 泄露 公开 输出 打印 展示 重复 复述 揭示 表示 教えて 出力 明かして 開示 繰り返し 공개* 보여* 출력* 반복* 알려* แสดง เปิดเผย
    """,
    # T is for: say, give, write
    "T": """
        tell say give write share provide respond answer reply sag sage sagen schreib* nenne antwort* dis dites
        donne donnez ecris ecrivez reponds repondez di dime dame escribe responde diga dimmi scrivi rispondi
        escreva responda zeg geef schrijf antwoord skriv svara svar powiedz napisz odpowiedz rekni napis odpovez
        spune scrie raspunde soyle yaz cevapla katakan tulis jawab скаж* напиш* ответ* напиши скажи قل اكتب اجب
        أخبرني بگو אמור כתוב बोलो लिखो लिखें कहो जवाब বল লেখ 告诉 说出 写 回答 回复 輸出 書いて 答えて 回答して 말해* 써줘 작성* 답변* 대답*
        บอก เขียน ตอบ
    """,
    # K is for: what must stay secret
    "K": """
        secret secrets password passwords passcode passphrase credential credentials confidential hidden apikey
        geheim* passwort passworter kennwort* zugangscode zugangsdaten versteckt* secret* confidentiel* cache
        caches contrasena* clave claves secreto secretos secreta confidencial* segreto segreta segreti senha
        senhas segredo wachtwoord* geheime losenord hemlig* adgangskode haslo hasla tajn* heslo parola parole
        parolan* jelszo* salasana* sifre* gizli rahasia sandi парол* секрет* секретн* скрыт* таємн* κωδικο*
        μυστικ* سر سري السرية رمز رازی סיסמה הסוד पासवर्ड गुप्त गोपनीय পাসওয়ার্ড 密码 密碼 机密 秘密 口令 密钥 隐藏 パスワード 機密
        暗証 비밀* 비밀번호* 암호* รหัสผ่าน ความลับ cle ключ* कुंजी 密鑰 キー
    """,
    # O is for: your
    "O": """
        your yours dein deine deinen deinem deiner ihre ihren votre vos tes tus tuyas tuo tua tuoi tue seus suas
        teus jouw uw din dina dine dit twoje twoj* swoje tvoje tve tuturor talimatlarini kamu твои твой твоих
        твою свои свой своих ваши ваших твої свої σου आपके आपकी अपने अपनी अपना तुम्हार* তোমার আপনার 你的 您的 あなたの
        君の 당신의 너의 네
    """,
    # Y is for: you
    "Y": """
        you youre ya u du dich dir vous toi usted ustedes tu voce jij jou ty ciebie ти ты вы вас тебе sen siz
        sana kau anda ban أنت انت شما אתה आप तुम আপনি তুমি 你 您 あなた お前 君 당신* 너는 너 คุณ
    """,
    # A is for: all
    "A": """
        all any every everything alle alles allen samtliche* jegliche* tout tous toutes toute todas todos todo
        toda tutti tutte tutto ogni tudo alla allt wszystk* vsechn* vse toate tot osszes minden kaikki tum butun
        hepsini semua seluruh все всё всех всю весь любые усі всі ολες ολα كل جميع همه כל सभी सब सारे समस्त সব
        সমস্ত 所有 全部 一切 任何 すべて 全て 모든 모두 전부 ทั้งหมด
    """,
    # V is for: new, following
    "V": """
        new following updated real actual neu neue neuen neues folgende* nouveau nouvelle nouvelles nouveaux
        suivant* nuevo nueva nuevas nuevos siguiente* nuovo nuova nuove nuovi seguente* seguenti novo nova novas
        novos seguintes nieuwe volgende ny nya nye folgende nowe nowy nowa nastepujac* nove novy noua noi
        urmatoar* yeni asagidaki baru berikut moi новые новый новую новое следующ* нові νεες جديد* التالية جدید
        חדשות नया नई नए निम्नलिखित নতুন 新的 新 以下 下面 新しい 次の 새로운 새 다음 ใหม่
    """,
    # W is for: from now on
    "W": """
        now henceforth onwards onward jetzt fortan sofort nunmehr desormais maintenant dorenavant ahora adelante
        adesso dora agora adiante nu vanaf voortaan fran odtad teraz nyni acum mostantol nyt simdi artik bundan
        sekarang mulai теперь отныне сейчас відтепер зараз τωρα الآن حالا اکنون עכשיו מעכשיו अब এখন 从现在起 从现在开始
        现在 現在 今から これから 今後 이제 지금부터 지금 ตอนนี้
    """,
    # E is for: play a part
    "E": """
        act pretend pretending roleplay simulate behave impersonate imagine become acting persona character
        roleplaying spiele spiel verhalte verhalt* schlupf* agis agissez joue jouez comporte comportez pretends
        incarne actua actue finge finja comporta* simula interpreta agisci fingi aja atue simule gedraag speel
        doen agera latsas opfor udawaj zachowuj wciel chovej predstirej davran* canlandir rol bertindak*
        berpura* peran притвор* действуй веди сыграй представь прикинь* вдавай поводься υποκρισου تصرف تظاهر
        تقمص وانمود תעמיד अभिनय व्यवहार बनकर नाटक ভান 扮演 假装 假裝 充当 冒充 模拟 演じて 演じる ふりを なりきって 振る舞って 역할* 연기* 척 행동*
        흉내* สวมบทบาท แกล้ง
    """,
    # L is for: limits, safety
    "L": """
        restriction restrictions restricted limitation limitations limits filter filters filtering censorship
        safety guardrails safeguards ethics ethical moral morals morality constraints boundaries policies policy
        unethical immoral legality einschrankung* beschrankung* ethik ethisch* zensur sicherheitsrichtlinie*
        sicherheitsregeln sicherheitsfilter restriction* limites filtres ethique* censure securite restriccion*
        limitacion* filtros etic* censura seguridad restrizion* limitazion* filtri sicurezza restric* limitaco*
        etica seguranca beperking* ethische censuur begransning* begraensning* ograniczen* filtr* etyczn*
        cenzur* omezeni restricti* korlatoz* rajoitu* kisitlama* sinirlama* filtre* etik batasan pembatasan
        ограничен* фильтр* этик* этич* цензур* обмежен* περιορισμ* قيود القيود مرشحات الاخلاق محدودیت* הגבלות
        प्रतिबंध* सीमाओं नैतिक* फ़िल्टर সীমাবদ্ধতা 限制 约束 審查 审查 过滤 道德 伦理 安全 制限 制約 フィルター 倫理 検閲 제한* 제약* 필터* 윤리* 검열*
        ข้อจำกัด
    """,
    # X is for: not, without
    "X": """
        not no never without dont don cannot neither nor none nicht kein keine keinen keinerlei ohne niemals ne
        pas aucun aucune jamais sans sin ningun* nunca non nessun* mai senza nao sem nenhum* niet geen zonder
        nooit inte utan aldrig ikke uden nie bez fara nici nem nelkul ilman ei degil olmadan hicbir asla tidak
        tanpa jangan khong не без никогда никаких δεν χωρις μην لا بدون دون ابدا نه לא ללא नहीं बिना मत কোনো না
        不 不要 没有 沒有 别 無 不得 切勿 ないで せずに なしで 하지 않고 없이 말고 말아* ไม่ อย่า
    """,
    # M is for: the model itself
    "M": """
        ai assistant assistants chatbot bot llm gpt chatgpt gpt4 claude gemini bard llama copilot openai ki
        assistent* sprachmodell ia asistente* asystent* assistente* assistenten asistent* yapay yardimci asisten
        ассистент* помощник* бот ии чатбот* нейросет* βοηθ* مساعد* دستیار העוזר सहायक एआई সহকারী 人工智能 助手 机器人 模型
        アシスタント 人工知能 어시스턴트* 인공지능* 챗봇* ผู้ช่วย
    """,
    # U is for: the user, from outside the conversation between user and model
    "U": """
        user users human operator customer nutzer* benutzer* anwender* utilisateur* usuario* utente utenti
        utilizador* gebruiker* anvandar* bruger* uzytkownik* uzivatel* utilizator* felhasznal* kullanici*
        pengguna пользовател* користувач* χρηστ* المستخدم* کاربر* המשתמש उपयोगकर्ता* यूज़र ব্যবহারকারী 用户 用戶 使用者
        ユーザー 利用者 사용자* ผู้ใช้
    """,
    # F is for: do as told
    "F": """
        follow obey comply execute perform adhere must folge befolge gehorche fuhre ausfuhren suis suivez obeis
        executez sigue siga obedece ejecuta cumple segui esegui obbedisci obedeca volg voer gehoorzaam folj lyd
        utfor udfor wykonaj postepuj proved urmeaza executa kovesd noudata uygula yap itaat ikuti patuhi lakukan
        выполн* следуй* подчин* виконай ακολουθησ* نفذ اتبع اطع اجرا ציית בצע पालन करो करें মান্য 执行 遵循 服从 遵守
        执行以下 従って 実行 従え 따르* 따라* 수행* 실행* ทำตาม ปฏิบัติ
    """,
    # J is for: instead
    "J": """
        instead rather stattdessen anstatt statt plutot place lieu lugar vez cambio invece invec* posto plaats
        istället istallet stedet zamiast misto loc schimb helyette sebaliknya yerine вместо замість αντι بدلا
        بدلاً במקום बजाय बदले পরিবর্তে 而是 改为 取而代之 代わりに 대신* แทน
    """,
    # G is for: move data or act in the world
    "G": """
        send sends sending forward email upload exfiltrat* transmit transfer curl wget post submit grant delete
        deletes wire sende schick* weiterleit* ubermittl* uberweis* envoie envoyez transmet* transfere envia*
        envie reenvia* transfiere elimina invia inviare inoltra trasferisci encaminhe transfira stuur verzend
        skicka overfor wyslij przeslij posli odesli trimite kuldd laheta gonder* ilet kirim* teruskan отправ*
        перешли* перевед* удали* надішли στειλε ارسل أرسل حول احذف ارسال שלח העבר भेज* भेजें हटा* পাঠা* 发送 發送 转发
        转账 上传 删除 送信 転送 削除 送って 보내* 전송* 삭제* 이체* ส่ง ลบ
    """,
    # Z is for: what is worth taking
    "Z": """
        data files file history conversation conversations records account contacts emails inbox messages daten
        verlauf konto gesprach* donnees historique compte datos historial cuenta conversacion* dati cronologia
        conto conversazion* dados historico conta conversa gegevens gesprek dane historia rozmow* udaje date
        veriler* hesap riwayat percakapan данные данных истори* переписк* счет δεδομενα بيانات محادثة داده* שיחה
        डेटा बातचीत खाते তথ্য 数据 資料 对话 聊天记录 账户 文件 データ 会話 履歴 口座 데이터* 대화* 계정* 파일* ข้อมูล
    """,
    # D is for: personas and modes that promise no limits
    "D": """
        jailbroken unrestricted unfiltered uncensored devmode godmode unbound unshackled uncontrolled amoral
        uneingeschrankt* ungefiltert* unzensiert* debride illimite* irrestrict* desinhibid* неограничен*
        нефильтр* 无限制 不受限制 不受约束 無制限 제한없는 무제한*
    """,
    # H is for: none of it is real
    "H": """
        hypothetical hypothetically scenario fictional imaginary simulation simulator suppose fiction novel
        parallel universe hypothetisch* szenario fiktiv* stellen hypothetique* fictif supposons hipotetic*
        escenario ficticio supon ipotetic* fittizio supponi ficticia cenario fictief stel hypotetisk*
        hipotetyczn* fikcyjn* varsay* senaryo kurgusal andaikan skenario fiksi гипотетическ* сценари* вымышлен*
        предположим воображаем* вообразите افترض سيناريو خيالي* काल्पनिक परिदृश्य कल्पना मान 假设 假設 想象 想像 虚构 情景
        仮に 想像して 架空 シナリオ 가정 가상 상상* 시나리오 สมมติ
    """,
    # C is for: a claim of authority or access
    "C": """
        admin administrator developer developers granted authorized authorised authorization debug debugging
        maintenance override overridden confirm confirmed access unlocked sudo root bestatige autorisiert
        zugriff entwickler entwicklermodus administrateur autorise acces developpeur confirme administrador
        autorizado acceso desarrollador confirma amministratore autorizzato accesso sviluppatore conferma acesso
        desenvolvedor beheerder toegang ontwikkelaar administratorem dostep programista yonetici erisim
        gelistirici onayla администратор* доступ* разработчик* подтверд* مطور وصول مسؤول एडमिन डेवलपर एक्सेस
        पुष्टि 管理员 开发者 權限 权限 授权 访问 确认 管理者 開発者 アクセス 確認 관리자* 개발자* 접근* 권한* 확인*
    """,
    # h is for: harm to people, property or machines
    "h": """
        bomb bombs explosive explosives weapon weapons gun guns hack hacking malware ransomware virus viruses
        phishing keylogger meth methamphetamine cocaine drugs murder kill suicide poison steal stealing fraud
        launder laundering counterfeit forge blackmail defamatory defame racist sexist hate violence violent
        illegal illegally harmful dangerous torture terrorist terrorism stalk stalking insider identity theft
        exploit bioweapon anthrax arson kidnap smuggle scam bombe bomben waffe* drogen toten gift illegal*
        gefahrlich* bombes arme armes drogue* tuer bomba bombas arma armas droga drogas matar veneno ilegal*
        illegale uccidere ubic бомб* оружи* наркотик* убить взлома* незаконн* قنبلة سلاح बम हथियार अवैध हत्या 炸弹
        武器 毒品 非法 杀人 爆弾 麻薬 違法 폭탄 무기* 마약* 불법*
    """,
    # q is for: what identifies a person
    "q": """
        birthday birthdate birth ssn address phone balance lives resides residence surname geburtsdatum adresse
        wohnt wohnort kontostand telefonnummer naissance habite telephone nacimiento direccion vive telefono
        nascita indirizzo abita nascimento endereco mora saldo geboortedatum adres woont urodzenia mieszka
        рождения адрес живет телефон जन्म पता रहता रहते शहर 出生日期 地址 生日 住在 生年月日 住所 생년월일 주소 favourite favorite
        color colour pet maiden username initials birthplace zip postal lieblingsfarbe initialen geburtsjahr
        couleur preferee initiales favorito iniciales colore preferito preferida iniciais инициал* любим*
        पसंदीदा जन्मदिन ईमेल निवास 颜色 喜欢的 邮箱 メール 好きな色 イニシャル 좋아하는 이메일* عنوان ميلاد هاتف يسكن doğum adresi alamat
        tinggal ulubiony zamieszk* bydli
    """,
    # c is for: the model should admit, begin or repeat exact words
    "c": """
        begin starting sure absolutely certainly verbatim word exactly letter letters wort genau mot exactement
        palabra exactamente parola esattamente palavra exatamente woord slowo слово дословно точно शब्द 逐字 原样
        一字一句 そのまま 그대로
    """,
    # e is for: say it in another form, so that a filter does not see it
    "e": """
        encode encoded encoding decode decoded decoding base64 base32 rot13 hexadecimal hex binary morse reverse
        reversed backwards backward spell spelled spelling leetspeak leet emoji emojis acrostic anagram cipher
        caesar ascii pseudocode interleave interlace split hyphen hyphens dashes spaces reverso kodiere codiere
        kodier* verschlussel* ruckwarts umgekehrt* buchstabier* bindestrich* akrostichon encoder encode*
        chiffre* envers inverse inverser epelle epeler codifica* codifique codificar deletrea deletrear reves
        inverso inversa invertid* guiones contrario rovescio sillaba soletre avesso hifens codeer omgekeerd*
        achterstevoren spel omvand* baklanges bakvendt stava zakoduj odwrot* wspak przeliteruj zakoduj* pozpatku
        hlaskuj codific* invers ters tersten kodla* hecele terbalik eja nguoc закодир* обратн* наоборот расшифр*
        зашифр* букв* дефис* закоду* навпаки зворотн* αντιστροφ* ανάποδα κωδικοποι* عكس* معكوس* شفر* ترميز تهجئة
        رمزنگاری برعکس הפוך קודד एनकोड* एन्कोड* डीकोड* उल्टा उलटा उल्टे विपरीत अक्षर* वर्तनी হাইফেন উল্টো এনকোড*
        编码 編碼 解码 倒序 反向 逆序 倒过来 拼写 拼出 摩斯 十六进制 エンコード デコード 逆順 逆に 逆さ 綴って モールス 인코딩* 디코딩* 거꾸로 역순* 철자* 모스 ย้อนกลับ
        เข้ารหัส สะกด
    """,
    # p is for: poems, stories and other forms to wrap it in
    "p": """
        poem poems poetry haiku sonnet song lyrics story tale rhyme limerick rap lullaby riddle verse verses
        gedicht* lied geschichte reim ratsel poeme poemes chanson histoire conte comptine poema poemas cancion
        cuento historieta rima poesia canzone racconto filastrocca cancao conto verhaal dikt sang saga wiersz*
        piosenk* opowiada* basn basen pisnicka poezie poveste vers dal mese runo laulu siir* hikaye* sarki*
        puisi lagu cerita tho хайку стих* стихотворен* песн* истори* рассказ* вірш* пісн* ποίημα ποιημα قصيدة
        قصة اغنية شعر داستان שיר סיפור कविता हाइकु गीत कहानी কবিতা গল্প 诗 詩 诗歌 俳句 歌词 故事 歌曲 物語 歌 시를 하이쿠 노래 이야기*
        กลอน เพลง นิทาน
    """,
    # a is for: somebody who claims a right
    "a": """
        police officer detective inspector investigator doctor nurse lawyer judge president minister boss
        manager supervisor ceo colleague teammate scientist researcher professor expert authority authorities
        government fbi cia auditor owner anthropic god priest polizist* polizei ermittler* arzt anwalt richter
        prasident* chef vorgesetzt* wissenschaftler* forscher* experte* policier enqueteur medecin avocat juge
        patron superieur scientifique chercheur policia agente medico abogado juez jefe presidente cientifico
        investigador experto poliziotto polizia avvocato giudice capo scienziato ricercatore esperto policial
        advogado juiz chefe cientista pesquisador especialista politie agent arts advocaat rechter baas
        onderzoeker polis lakare policjant* lekarz prawnik szef naukowiec policista lekar politist medic avukat
        doktor mudur baskan bilim uzman polisi dokter pengacara bos presiden полицейск* полици* врач* юрист*
        судья начальник* президент* учен* исследовател* эксперт* директор* поліцейськ* лікар начальник шеф
        αστυνομ* γιατρ* شرطي شرطة طبيب محامي رئيس مدير باحث پلیس דוקטור שוטר רופא מנהל पुलिस अधिकारी डॉक्टर वकील
        राष्ट्रपति बॉस वैज्ञानिक विशेषज्ञ शोधकर्ता পুলিশ ডাক্তার 警察 警官 医生 律师 法官 总统 老板 上司 科学家 研究员 专家 政府 医師 弁護士
        大統領 科学者 研究者 専門家 경찰* 의사 변호사 대통령* 상사 과학자* 연구원* 전문가* ตำรวจ หมอ เจ้านาย
    """,
    # u is for: why it must be now: pressure, friendship, money
    "u": """
        emergency urgent urgently urgency investigation important crucial essential trust honest honestly
        promise friend friends dollars reward donate bribe thousand charity agreed permission dying life death
        notfall dringend ermittlung* wichtig vertrau* ehrlich versprech* freund* dollar urgence urgent* enquete
        confiance promets ami amis emergencia urgente investigacion importante confianza prometo amigo amigos
        dolares emergenza indagine fiducia prometto amico amici dollari investigacao confianca dinheiro
        noodgeval onderzoek belangrijk vertrouw vrienden nodsituation viktigt wazne pilne sledztw* zaufaj
        przyjaciel* naleha dulezit* urgenta ancheta acil onemli sorusturma guven arkadas* darurat penting
        penyelidikan percaya teman срочно чрезвычайн* расследован* важно доверя* честно друг друзья долларов
        терміново важливо розслідуван* επειγον σημαντικο طوارئ عاجل تحقيق مهم ثقة صديق دولار اضطراری חירום חקירה
        חשוב आपातकाल* जांच महत्वपूर्ण जरूरी ज़रूरी भरोसा दोस्त डॉलर জরুরি তদন্ত 紧急 緊急 调查 重要 信任 朋友 美元 奖励 捜査 調査 信頼
        友達 ドル 긴급* 응급* 조사* 중요* 신뢰* 친구* 달러* ฉุกเฉิน สำคัญ เพื่อน
    """,
    # w is for: a question
    "w": """
        what whats which who whos whom whose where wheres when welche* welcher was wie wo wer wann quel quelle
        quels quelles quoi ou qui quand cual cuales donde quien cuando quale quali dove chi quando qual quais
        onde quem wat welk* waar vad vilken vilket var vem hvad hvilken hvor hvem jaki jaka jakie gdzie kto
        kiedy jake jaky kde kdo kdy care unde cine cand milyen hol mika missa kuka nedir hangi nerede kim apa
        mana siapa kapan gi dau какой какая какое какие каков какова где кто когда який яка яке де хто коли
        ποιος ποια ποιο που ποτε ما ماهي ماهو اين أين من متى چیست کجا کی מה איפה מי מתי क्या कौन कहां कहाँ किस
        कब কী কি কোথায় কে 什么 什麼 哪里 哪裡 哪个 谁 何時 何 どこ 誰 いつ 무엇* 뭐 어디* 누구* 언제 อะไร ที่ไหน ใคร
    """,
    # l is for: translation
    "l": """
        translate translated translating translation english spanish french german italian russian chinese
        ubersetz* englisch* deutsch spanisch* traduis traduire traduisez anglais francais espagnol traduce
        traducir traduzca ingles espanol traduci tradurre inglese italiano traduza traduzir portugues vertaal
        engels oversatt oversaet przetlumacz* angielsk* preloz* anglictin* traduc traducere engleza forditsd
        cevir ingilizce turkce terjemahkan inggris dich переведи* переведите английск* русск* переклади
        μεταφρασ* ترجم* الانجليزية ترجمه תרגם אנגלית अनुवाद अंग्रेजी अंग्रेज़ी हिंदी অনুবাদ ইংরেজি 翻译 翻譯 英文 英语
        中文 翻訳 英語 日本語 번역* 영어* 한국어* แปล ภาษาอังกฤษ
    """,
    # m is for: what was said, given or learnt before
    "m": """
        told said given asked mentioned taught trained learned learnt memory remember recall received gesagt
        erzahlt gegeben gebeten erwahnt trainiert gelernt erinnere dit donne demande entraine appris souviens
        rappelle dijeron dicho dado pedido entrenad* recuerda recuerdas detto dato chiesto addestrat* ricorda
        ricordi dito disseram treinad* lembre lembra verteld gezegd gevraagd getraind herinner sagt sagts
        powiedzian* mowiono receno rekli spus soylen* soyledi* hatirla* diberitahu katakan ingat сказал* сказан*
        говорил* дал* помни* вспомни* обучен* сказали говорили ειπα ειπαν قيل قلت تذكر تدرب گفته נאמר אמרו זכור
        कहा बताया दिया याद प्रशिक्षि* বলা মনে 告诉过 说过 训练 记住 记得 记忆 言われた 言った 覚えて 記憶 学習 말한 들은 기억* 학습* 훈련* จำ บอกไว้
    """,
    # b is for: pieces of text
    "b": """
        text texts words sentence sentences paragraph message line lines content contents document input output
        response completion context preamble initialization initialisation satz satze worter zeile zeilen
        nachricht texte phrase phrases mots ligne lignes texto textos frase frases palabras linea lineas testo
        parole riga righe palavras linha linhas mensagem tekst woorden zin zinnen meddelande ord tekstu slowa
        zdanie slov vety cuvinte szoveg metin metni kelimeler cumle teks kalimat текст* слов* предложен* строк*
        сообщени* речення κειμενο λεξεις نص النص كلمات جملة متن טקסט מילים पाठ शब्दों वाक्य* টেক্সট 文本 句子 文字 内容
        段落 消息 文章 テキスト 言葉 文字列 텍스트* 문장* 단어* 글자* ข้อความ ประโยค
    """,
    # s is for: how to do it, in every detail
    "s": """
        step steps guide tutorial detailed details explain describe instruct recipe blueprint procedure method
        methods plan strategy strategies schritt schritte anleitung* erklar* beschreib* detailliert* etape
        etapes explique expliquez decris decrivez detaille* paso pasos explica detallad* guia passo passi spiega
        descrivi dettagliat* passos descreva detalhad* stap stappen uitleg beschrijf steg forklara krok kroki
        wyjasnij opisz vysvetli popis pas pasi adim adimlar anlat langkah jelaskan шаг* пошагов* объясни* опиши*
        подробн* пояснит* крок* βήματα εξήγησε خطوة خطوات اشرح توضیح شرح צעד הסבר चरण* समझाएं समझाइए विस्तार ধাপ
        步骤 步驟 教程 详细 詳細 解释 解釋 描述 方法 手順 説明 詳しく 단계* 설명* 방법* 자세* ขั้นตอน อธิบาย วิธี
    """,
    # g is for: games
    "g": """
        game games guess guessing hint hints clue clues quiz trivia puzzle challenge player rounds spiel*
        hinweis* tipp rate jeu devine devinette indice indices juego adivina adivinanza pista pistas gioco
        indovina indizio jogo adivinhe dica dicas spelletje raad gissa ledtrad gra zgadnij wskazowk* hra
        napoveda joc ghici oyun ipucu tahmin permainan tebak petunjuk игр* угадай* подсказк* намек* загадк* гра
        вгадай παιχνίδι لعبة تلميح خمن بازی משחק רמז खेल संकेत पहेली अनुमान খেলা 游戏 遊戲 猜 线索 谜语 ゲーム ヒント 当てて クイズ
        게임* 힌트* 퀴즈* 맞춰* เกม คำใบ้
    """,
}
