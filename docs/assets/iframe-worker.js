// Browsers start no worker for a page that is opened from a folder: there the search's script runs in a hidden frame.
if (location.protocol === "file:") {
  window.Worker = class {
    constructor(url) {
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      document.body.append(this.frame);
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => {
        const copy = structuredClone(data); // as a worker has it: neither sees what the other changes
        setTimeout(() => this.onmessage?.({ data: copy }));
      };
      this.loaded = new Promise((resolve, reject) => {
        const script = inside.document.createElement("script");
        Object.assign(script, { src: url, onload: () => resolve(inside), onerror: reject });
        inside.document.body.append(script);
      });
      this.loaded.catch((error) => this.onerror?.(error));
    }

    postMessage(data) {
      const copy = structuredClone(data);
      this.loaded.then((inside) => inside.onmessage({ data: copy }), () => {});
    }

    terminate() {
      this.frame.remove();
    }
  };
}
