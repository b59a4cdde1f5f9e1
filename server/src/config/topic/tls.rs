//! Encrypted connections.

use super::{NATURAL, PORT};
use crate::config::value::{Kind, Text, choice};

choice! {
    /// Whether clients must show a certificate.
    pub enum AuthClients {
        /// They need none.
        No = "no",
        /// They need one.
        Yes = "yes",
        /// They need none, and one they show is checked.
        Optional = "optional",
    }
}

topic! {
    /// Encrypted connections.
    pub struct Tls in tls {
        /// TCP port of encrypted connections; 0 listens on none.
        port: u16 = 0, "tls-port", PORT;
        /// Certificate, in PEM.
        cert_file: Option<Text> = None, "tls-cert-file", Kind::Text, [VOLATILE];
        /// Private key of the certificate, in PEM.
        key_file: Option<Text> = None, "tls-key-file", Kind::Text, [VOLATILE];
        /// Password of the private key.
        key_file_pass: Option<Text> = None, "tls-key-file-pass", Kind::Text, [SECRET];
        /// Certificate of outgoing connections, if another one.
        client_cert_file: Option<Text> = None, "tls-client-cert-file", Kind::Text, [VOLATILE];
        /// Private key of outgoing connections.
        client_key_file: Option<Text> = None, "tls-client-key-file", Kind::Text, [VOLATILE];
        /// Password of the private key of outgoing connections.
        client_key_file_pass: Option<Text> = None, "tls-client-key-file-pass", Kind::Text, [SECRET];
        /// Diffie-Hellman parameters.
        dh_params_file: Option<Text> = None, "tls-dh-params-file", Kind::Text, [VOLATILE],
            ignored "only elliptic curves are used for key exchange";
        /// Certificates of the authorities to trust, in PEM.
        ca_cert_file: Option<Text> = None, "tls-ca-cert-file", Kind::Text, [VOLATILE];
        /// Directory of such certificates.
        ca_cert_dir: Option<Text> = None, "tls-ca-cert-dir", Kind::Text, [VOLATILE];
        /// Whether clients must show a certificate.
        auth_clients: AuthClients = AuthClients::Yes, "tls-auth-clients", Kind::Choice(AuthClients::WORDS);
        /// Encrypts the connection to the primary.
        replication: bool = false, "tls-replication", Kind::Switch;
        /// Encrypts the cluster bus.
        cluster: bool = false, "tls-cluster", Kind::Switch;
        /// Protocol versions to speak, by name.
        protocols: Option<Text> = None, "tls-protocols", Kind::Text;
        /// Ciphers up to TLS 1.2.
        ciphers: Option<Text> = None, "tls-ciphers", Kind::Text, ignored "the TLS library chooses its ciphers";
        /// Ciphers of TLS 1.3.
        ciphersuites: Option<Text> = None, "tls-ciphersuites", Kind::Text, ignored "the TLS library chooses its ciphers";
        /// Takes the server's order of ciphers.
        prefer_server_ciphers: bool = false, "tls-prefer-server-ciphers", Kind::Switch,
            ignored "the TLS library chooses its ciphers";
        /// Lets clients resume sessions.
        session_caching: bool = true, "tls-session-caching", Kind::Switch;
        /// Sessions that can be resumed.
        session_cache_size: u32 = 20 * 1024, "tls-session-cache-size", NATURAL;
        /// Seconds for which a session can be resumed.
        session_cache_timeout: u32 = 300, "tls-session-cache-timeout", NATURAL;
    }
}
