from beluga.guards._secret_names import is_secret_name as is_secret_key
