/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "text.h"

#define HOST_FLAGS ((unsigned)(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))

bool taskseal__names_expect(SSL *ssl, const taskseal__expected *expected)
{
    X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
    if (parameters == NULL)
        return false;
    if (expected->is_address)
        return X509_VERIFY_PARAM_set1_ip_asc(parameters, expected->name) == 1;
    X509_VERIFY_PARAM_set_hostflags(parameters, HOST_FLAGS);
    return X509_VERIFY_PARAM_set1_host(parameters, expected->name, strlen(expected->name)) == 1 &&
           SSL_set_tlsext_host_name(ssl, expected->name) == 1;
}

bool taskseal__names_match(X509 *certificate, const taskseal__expected *expected)
{
    if (expected->is_address)
        return X509_check_ip_asc(certificate, expected->name, 0) == 1;
    return X509_check_host(certificate, expected->name, strlen(expected->name), HOST_FLAGS, NULL) == 1;
}

static void append(char *out, size_t cap, const char *kind, const char *text, size_t len)
{
    if (out[0] != '\0')
        taskseal__printable_append(out, cap, ", ", 2);
    taskseal__printable_append(out, cap, kind, strlen(kind));
    taskseal__printable_append(out, cap, text, len);
}

static void append_address(char *out, size_t cap, const ASN1_OCTET_STRING *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    int family = ASN1_STRING_length(address) == 4 ? AF_INET : AF_INET6;
    if (family == AF_INET || ASN1_STRING_length(address) == 16)
        (void)inet_ntop(family, ASN1_STRING_get0_data(address), text, sizeof text);
    append(out, cap, "IP:", text, strlen(text));
}

void taskseal__names_list(X509 *certificate, char *out, size_t cap)
{
    out[0] = '\0';
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS)
            append(out, cap, "DNS:", (const char *)ASN1_STRING_get0_data(name->d.dNSName),
                   (size_t)ASN1_STRING_length(name->d.dNSName));
        else if (name->type == GEN_IPADD)
            append_address(out, cap, name->d.iPAddress);
    }
    GENERAL_NAMES_free(names);
    if (out[0] == '\0')
        taskseal__printable_append(out, cap, "no DNS name and no IP address", 29);
}
