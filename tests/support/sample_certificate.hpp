#pragma once
// A certificate made with openssl(1), for an RSA key of 1024 bits that was thrown away.

namespace mailfunnel {

inline constexpr const char* k_sample_certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIICFDCCAX2gAwIBAgIUCCs4/1eP1EF+jSHziObGcqDSaHcwDQYJKoZIhvcNAQEL\n"
    "BQAwHDEaMBgGA1UEAwwRc25zLmFtYXpvbmF3cy5jb20wHhcNMjYxMTI4MTIwOTQz\n"
    "WhcNMzYxMTI1MTIwOTQzWjAcMRowGAYDVQQDDBFzbnMuYW1hem9uYXdzLmNvbTCB\n"
    "nzANBgkqhkiG9w0BAQEFAAOBjQAwgYkCgYEArzj0ILRuYX5K8p1KV7h8IqDufVgr\n"
    "6ye5PnJmEnKX/5gcjgDeTGH1wfm9WmfC//ZoXb1QIeGLjZQlxTeEtPOeisKsVnMF\n"
    "yJkb1a/i9FdBaaxcq8z0V9zo0FxjBluAJqxsCjfzZGTrye1hG4khyJeGcSOrJoGj\n"
    "4fvvvzy4dv5HCMMCAwEAAaNTMFEwHQYDVR0OBBYEFIi8FzJwX7uF0K4zpcUcLS77\n"
    "6BXDMB8GA1UdIwQYMBaAFIi8FzJwX7uF0K4zpcUcLS776BXDMA8GA1UdEwEB/wQF\n"
    "MAMBAf8wDQYJKoZIhvcNAQELBQADgYEAT5/A13PcDIbGPRMVaJNbKM5qzF0hkOil\n"
    "R2x9pAHgZs+sazT82L8y1I7FzOXXFNwTBSO40JOFy//d0NJV8UuaIyHWjdJ8UWf1\n"
    "2mshK6PCIuMWmrihCCFOWtUzZ16RafaHvrOc7AbCWQG1FPWd/cssFuF1LyUkDbq/\n"
    "fpd2c0CzOMk=\n"
    "-----END CERTIFICATE-----\n";

} // namespace mailfunnel
