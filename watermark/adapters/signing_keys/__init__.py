"""Where signing keys may lie: files, a PKCS#11 token, a key service. And what their certificates are worth."""
