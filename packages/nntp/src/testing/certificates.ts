/**
 * FOR TESTS ONLY. These private keys are public: everybody who installs this package has them. Never trust this
 * authority outside a test, and never serve real traffic with these certificates.
 *
 * EC P-256, made once with OpenSSL; the authority and the certificates are valid from 2020 to 2052 (`expired` ended in
 * 2021). The authority's own key was thrown away, so nothing else can ever be signed with it.
 */

/** A private key and its certificate, both PEM. */
export interface TestCertificate {
  /** Private key, PEM (PKCS#8). */
  readonly key: string;
  /** Certificate, PEM. */
  readonly cert: string;
}

/** The certificates a test can serve, and the authority a client has to trust to accept them. */
export interface TestCertificates {
  /** Certificate of the authority that signed all others, PEM: what a client passes as `ca`. */
  readonly ca: string;
  /** For `localhost`, `127.0.0.1` and `::1`. */
  readonly localhost: TestCertificate;
  /** For `news.example.com` only: connecting to localhost must fail with a name mismatch. */
  readonly otherHost: TestCertificate;
  /** For localhost again, but expired since 2021: connecting must fail. */
  readonly expired: TestCertificate;
}

const ca = `-----BEGIN CERTIFICATE-----
MIIBrTCCAVSgAwIBAgICEAAwCgYIKoZIzj0EAwIwPTEbMBkGA1UECgwSTmV3c3Jl
ZWwgdGVzdCBvbmx5MR4wHAYDVQQDDBVOZXdzcmVlbCB0ZXN0IG9ubHkgQ0EwIBcN
MjAwMTAxMDAwMDAwWhgPMjA1MjAxMDEwMDAwMDBaMD0xGzAZBgNVBAoMEk5ld3Ny
ZWVsIHRlc3Qgb25seTEeMBwGA1UEAwwVTmV3c3JlZWwgdGVzdCBvbmx5IENBMFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9S+r/LJ7uNCeEVV0fvTvqPi2vGmtbGTX
yCm9RwWJ5cIJe0NkuLsXVknXeoJIUaMHt/KsF4IRQYlmGeuaejc89aNCMEAwDwYD
VR0TAQH/BAUwAwEB/zAOBgNVHQ8BAf8EBAMCAQYwHQYDVR0OBBYEFMNn4jfVBFdW
XDu856p2tIwvgPR0MAoGCCqGSM49BAMCA0cAMEQCICnG1+gt8e/6ojHxKjLJf4ef
chlq9b9ju4xGHpFbaUD6AiBSJpyeuqSbVhnZ77K8teFGAsX9C4Om+3WDBsDOPJYL
tg==
-----END CERTIFICATE-----
`;

const localhost: TestCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6a9G/mIEdCLR6GCe
AcSbSEggFOG+yZnZDwlDpQsBcmehRANCAATLuIVo1nuCFRO8df+zNznh21Ra8djL
yIquKxbdNdZ++PHtoe/5AiROmuDEpbeZywSHmxOQnZztcA6dmWKQ9qqu
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIICBjCCAaugAwIBAgICEAEwCgYIKoZIzj0EAwIwPTEbMBkGA1UECgwSTmV3c3Jl
ZWwgdGVzdCBvbmx5MR4wHAYDVQQDDBVOZXdzcmVlbCB0ZXN0IG9ubHkgQ0EwIBcN
MjAwMTAxMDAwMDAwWhgPMjA1MjAxMDEwMDAwMDBaMDExGzAZBgNVBAoMEk5ld3Ny
ZWVsIHRlc3Qgb25seTESMBAGA1UEAwwJbG9jYWxob3N0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEy7iFaNZ7ghUTvHX/szc54dtUWvHYy8iKrisW3TXWfvjx7aHv
+QIkTprgxKW3mcsEh5sTkJ2c7XAOnZlikPaqrqOBpDCBoTAMBgNVHRMBAf8EAjAA
MA4GA1UdDwEB/wQEAwIHgDATBgNVHSUEDDAKBggrBgEFBQcDATAsBgNVHREEJTAj
gglsb2NhbGhvc3SHBH8AAAGHEAAAAAAAAAAAAAAAAAAAAAEwHQYDVR0OBBYEFCMH
ckY1rXPkOWZ35rHEkMcCpqGQMB8GA1UdIwQYMBaAFMNn4jfVBFdWXDu856p2tIwv
gPR0MAoGCCqGSM49BAMCA0kAMEYCIQCjJezY2ZWWmaMU2t0cQT9qp+F3TqKmZ9VE
4F8yMqqIYwIhAIiFKkVWmjVxZdZ4rSaDgJprpShMqULgoZEzPkkfwAMn
-----END CERTIFICATE-----
`,
};

const otherHost: TestCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQguzoZGh4DQulsnhSt
sXrfJNJ40bwHvU5t+qItLd9QwcehRANCAATWLn6xj8+z03Z1aY3bIwFo4Ru70p6u
Js7J2jmeknNnZUkZD5zf7BCuSGLAsR84JnCcLHpRSYXawgc+I7vrAH8S
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIB+zCCAaGgAwIBAgICEAIwCgYIKoZIzj0EAwIwPTEbMBkGA1UECgwSTmV3c3Jl
ZWwgdGVzdCBvbmx5MR4wHAYDVQQDDBVOZXdzcmVlbCB0ZXN0IG9ubHkgQ0EwIBcN
MjAwMTAxMDAwMDAwWhgPMjA1MjAxMDEwMDAwMDBaMDgxGzAZBgNVBAoMEk5ld3Ny
ZWVsIHRlc3Qgb25seTEZMBcGA1UEAwwQbmV3cy5leGFtcGxlLmNvbTBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNYufrGPz7PTdnVpjdsjAWjhG7vSnq4mzsnaOZ6S
c2dlSRkPnN/sEK5IYsCxHzgmcJwselFJhdrCBz4ju+sAfxKjgZMwgZAwDAYDVR0T
AQH/BAIwADAOBgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwGwYD
VR0RBBQwEoIQbmV3cy5leGFtcGxlLmNvbTAdBgNVHQ4EFgQU+xhPLScoP61z1Opc
08GwUYFwWvkwHwYDVR0jBBgwFoAUw2fiN9UEV1ZcO7znqna0jC+A9HQwCgYIKoZI
zj0EAwIDSAAwRQIhAIWCayCJEE0lkulzV2vVcei1TXkJmiIg8RuAgh5cJPYEAiBD
vGA4f0xk2BDqJFHhYH1N6cqv2/uiXgLM+uRBYyGTyw==
-----END CERTIFICATE-----
`,
};

const expired: TestCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDCP2crcC4fm/u7ob
tL5B86XWYPQSCoWksV6H3M1wd2yhRANCAATB93AitepElTSi3NuYVnyGAqObE8ym
uUjW3AmjHako6bjvi178SVYwSASu0NgCm+Es1bN+g5Xh+9gA5s4CZOIa
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIICAjCCAamgAwIBAgICEAMwCgYIKoZIzj0EAwIwPTEbMBkGA1UECgwSTmV3c3Jl
ZWwgdGVzdCBvbmx5MR4wHAYDVQQDDBVOZXdzcmVlbCB0ZXN0IG9ubHkgQ0EwHhcN
MjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAxMRswGQYDVQQKDBJOZXdzcmVl
bCB0ZXN0IG9ubHkxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABMH3cCK16kSVNKLc25hWfIYCo5sTzKa5SNbcCaMdqSjpuO+LXvxJ
VjBIBK7Q2AKb4SzVs36DleH72ADmzgJk4hqjgaQwgaEwDAYDVR0TAQH/BAIwADAO
BgNVHQ8BAf8EBAMCB4AwEwYDVR0lBAwwCgYIKwYBBQUHAwEwLAYDVR0RBCUwI4IJ
bG9jYWxob3N0hwR/AAABhxAAAAAAAAAAAAAAAAAAAAABMB0GA1UdDgQWBBRPcRfg
wV89+aEyLIdhf7jlI/ZKczAfBgNVHSMEGDAWgBTDZ+I31QRXVlw7vOeqdrSML4D0
dDAKBggqhkjOPQQDAgNHADBEAiA1Kx6EemA43OTgrXbBilPslZiilhypdzkNag4s
UIX7pQIgPJAp3PZgImEE4oJZ2mfrYS4c9ZEYgOv4rYufoBXpzdQ=
-----END CERTIFICATE-----
`,
};

/** Certificates for tests, and nothing but tests: the keys are public. */
export const testCertificates: TestCertificates = { ca, localhost, otherHost, expired };
