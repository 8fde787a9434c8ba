/* curl_setup: options and error codes. */
#include "play/curl_setup.h"

#include <curl/curl.h>

#define SET(option, value) ok = curl_easy_setopt(e, option, value) == CURLE_OK && ok

bool curl_setup_reach(void *e, const struct play_reach *r)
{
	bool ok = true;
	SET(CURLOPT_PROXY, r->proxy ? r->proxy : "");
	SET(CURLOPT_NOPROXY, r->proxy ? "" : "*");
	SET(CURLOPT_HTTPPROXYTUNNEL, 1L);
	if (r->skip_verify) {
		SET(CURLOPT_SSL_VERIFYPEER, 0L);
		SET(CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (r->ca_file)
		SET(CURLOPT_CAINFO, r->ca_file);
	if (r->cert_file)
		SET(CURLOPT_SSLCERT, r->cert_file);
	if (r->key_file)
		SET(CURLOPT_SSLKEY, r->key_file);
	return ok;
}

#undef SET

bool curl_setup_pins(const struct play_reach *r, struct curl_slist **out)
{
	for (size_t i = 0; i < r->resolve.n; i++) {
		struct curl_slist *more = curl_slist_append(*out, r->resolve.text[i]);
		if (!more)
			return false;
		*out = more;
	}
	return true;
}

enum connect_failure curl_setup_failure(int code)
{
	switch (code) {
	case CURLE_OK:
		return CONNECT_OK;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return CONNECT_RESOLVE;
	case CURLE_OPERATION_TIMEDOUT:
		return CONNECT_TIMEOUT;
	case CURLE_OUT_OF_MEMORY:
		return CONNECT_NO_MEMORY;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CRL_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_SSL_ENGINE_NOTFOUND:
	case CURLE_SSL_ENGINE_INITFAILED:
		return CONNECT_TLS;
	default:
		return CONNECT_REFUSED;
	}
}
