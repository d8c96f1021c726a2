/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/escape.h"

struct sw_tls {
	SSL_CTX *ctx;
	SSL *ssl;
	BIO_METHOD *method;
	int fd;
	int error; /* of the socket, positive errno */
	uint64_t wire_bytes;
};

/* ---- a socket that raises no signal ------------------------------------------------------- */

static int socket_write(BIO *bio, const char *bytes, int len)
{
	struct sw_tls *tls = BIO_get_data(bio);
	ssize_t n = send(tls->fd, bytes, (size_t)len, MSG_NOSIGNAL | MSG_DONTWAIT);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_write(bio);
	else if (n < 0)
		tls->error = errno;
	else
		tls->wire_bytes += (uint64_t)n;
	return (int)n;
}

static int socket_read(BIO *bio, char *bytes, int len)
{
	struct sw_tls *tls = BIO_get_data(bio);
	ssize_t n = recv(tls->fd, bytes, (size_t)len, MSG_DONTWAIT);

	BIO_clear_retry_flags(bio);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		BIO_set_retry_read(bio);
	else if (n < 0)
		tls->error = errno;
	return (int)n;
}

static long socket_ctrl(BIO *bio, int what, long number, void *pointer)
{
	(void)bio;
	(void)number;
	(void)pointer;
	return what == BIO_CTRL_FLUSH;
}

static BIO *new_socket_bio(struct sw_tls *tls)
{
	BIO *bio;

	tls->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket");
	if (!tls->method || !BIO_meth_set_write(tls->method, socket_write) ||
	    !BIO_meth_set_read(tls->method, socket_read) ||
	    !BIO_meth_set_ctrl(tls->method, socket_ctrl))
		return NULL;
	bio = BIO_new(tls->method);
	if (bio) {
		BIO_set_data(bio, tls);
		BIO_set_init(bio, 1);
	}
	return bio;
}

/* ---- what went wrong --------------------------------------------------------------------- */

/* "what: reason", OpenSSL's if it has one. A path may hold anything. */
static void explain(char why[SW_TLS_WHY_BYTES], const char *what, const char *otherwise)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = code ? ERR_reason_error_string(code) : NULL;
	char text[SW_TLS_WHY_BYTES];

	snprintf(text, sizeof(text), "%s: %s", what, reason ? reason : otherwise);
	sw_escape(why, SW_TLS_WHY_BYTES, text, SW_ESCAPE_LINE);
	ERR_clear_error();
}

static int explain_failure(struct sw_tls *tls, const char *what, char why[SW_TLS_WHY_BYTES])
{
	long verdict = SSL_get_verify_result(tls->ssl);

	if (verdict != X509_V_OK) {
		ERR_clear_error();
		snprintf(why, SW_TLS_WHY_BYTES, "the server's certificate: %s",
			 X509_verify_cert_error_string(verdict));
	} else if (tls->error) {
		ERR_clear_error();
		snprintf(why, SW_TLS_WHY_BYTES, "%s: %s", what, strerror(tls->error));
	} else {
		explain(why, what, "the connection ended");
	}
	return -EPROTO;
}

/* ---- life -------------------------------------------------------------------------------- */

/* Anything else, a FIFO say, could hold us up. */
static bool is_file(const char *path)
{
	struct stat st;

	return !path || (stat(path, &st) == 0 && S_ISREG(st.st_mode));
}

static bool set_files(SSL_CTX *ctx, const struct sw_server *server, char why[SW_TLS_WHY_BYTES])
{
	const char *bad = NULL;

	if (!is_file(server->ca))
		bad = server->ca;
	else if (!is_file(server->certificate))
		bad = server->certificate;
	else if (!is_file(server->key))
		bad = server->key;
	else if (server->ca ? SSL_CTX_load_verify_file(ctx, server->ca) != 1
			    : SSL_CTX_set_default_verify_paths(ctx) != 1)
		bad = server->ca ? server->ca : "the system's certificate authorities";
	else if (server->certificate &&
		 SSL_CTX_use_certificate_chain_file(ctx, server->certificate) != 1)
		bad = server->certificate;
	else if (server->key &&
		 (SSL_CTX_use_PrivateKey_file(ctx, server->key, SSL_FILETYPE_PEM) != 1 ||
		  SSL_CTX_check_private_key(ctx) != 1))
		bad = server->key;
	if (bad)
		explain(why, bad, "cannot be used");
	return !bad;
}

/* An encrypted key must not make us ask for its password on the terminal. */
static int no_password(char *buffer, int size, int writing, void *arg)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

/* Whom the certificate must name, and whom the server is asked to be. */
static bool set_name(SSL *ssl, const char *name)
{
	unsigned char addr[sizeof(struct in6_addr)];
	X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

	if (inet_pton(AF_INET, name, addr) == 1 || inet_pton(AF_INET6, name, addr) == 1)
		return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, name) == 1;
}

static int set_up(struct sw_tls *tls, const struct sw_server *server, char why[SW_TLS_WHY_BYTES])
{
	BIO *bio;

	tls->ctx = SSL_CTX_new(TLS_client_method());
	if (!tls->ctx)
		return -ENOMEM;
	SSL_CTX_set_min_proto_version(tls->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_default_passwd_cb(tls->ctx, no_password);
	SSL_CTX_set_mode(tls->ctx,
			 SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	if (!set_files(tls->ctx, server, why))
		return -EINVAL;
	tls->ssl = SSL_new(tls->ctx);
	bio = tls->ssl ? new_socket_bio(tls) : NULL;
	if (!bio)
		return -ENOMEM;
	SSL_set_bio(tls->ssl, bio, bio);
	SSL_set_connect_state(tls->ssl);
	return set_name(tls->ssl, server->name) ? 0 : -ENOMEM;
}

int sw_tls_new(const struct sw_server *server, int fd, struct sw_tls **out,
	       char why[SW_TLS_WHY_BYTES])
{
	struct sw_tls *tls = calloc(1, sizeof(*tls));
	int rc = -ENOMEM;

	snprintf(why, SW_TLS_WHY_BYTES, "%s", strerror(ENOMEM));
	ERR_clear_error();
	if (tls) {
		tls->fd = fd;
		rc = set_up(tls, server, why);
	}
	if (rc)
		sw_tls_free(&tls);
	else
		*out = tls;
	return rc;
}

int sw_tls_handshake(struct sw_tls *tls, bool *wants_write, char why[SW_TLS_WHY_BYTES])
{
	int n, error;

	ERR_clear_error();
	n = SSL_do_handshake(tls->ssl);
	if (n == 1)
		return 0;
	error = SSL_get_error(tls->ssl, n);
	*wants_write = error == SSL_ERROR_WANT_WRITE;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	return explain_failure(tls, "TLS handshake", why);
}

ssize_t sw_tls_write(struct sw_tls *tls, const void *bytes, size_t len, char why[SW_TLS_WHY_BYTES])
{
	size_t taken = 0;
	int error;

	ERR_clear_error();
	if (SSL_write_ex(tls->ssl, bytes, len, &taken) == 1)
		return (ssize_t)taken;
	error = SSL_get_error(tls->ssl, 0);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	return explain_failure(tls, "sending", why);
}

int sw_tls_hear(struct sw_tls *tls, char why[SW_TLS_WHY_BYTES])
{
	char dropped[4096];
	size_t n;
	int error;

	ERR_clear_error();
	if (SSL_read_ex(tls->ssl, dropped, sizeof(dropped), &n) == 1)
		return 0;
	error = SSL_get_error(tls->ssl, 0);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
		return -EAGAIN;
	if (error == SSL_ERROR_ZERO_RETURN ||
	    ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		snprintf(why, SW_TLS_WHY_BYTES, "the server closed the connection");
		ERR_clear_error();
		return -EPIPE;
	}
	return explain_failure(tls, "receiving", why);
}

uint64_t sw_tls_wire_bytes(const struct sw_tls *tls)
{
	return tls->wire_bytes;
}

void sw_tls_bye(struct sw_tls *tls)
{
	ERR_clear_error();
	(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

void sw_tls_free(struct sw_tls **tls)
{
	struct sw_tls *t = *tls;

	if (!t)
		return;
	SSL_free(t->ssl); /* with its BIO */
	SSL_CTX_free(t->ctx);
	BIO_meth_free(t->method);
	free(t);
	*tls = NULL;
}
