// Package otlphttp is the sink for OTLP over HTTP. It links net/http and the gzip
// of klauspost, and neither gRPC nor protobuf.
//
//	exp, err := otlphttp.New() // OTEL_EXPORTER_OTLP_*; without any: http://localhost:4318
//	if err != nil {
//		return err
//	}
//	s, err := stream.New(exp)
//
// # Attempts
//
// An Export is one attempt; the stream retries. A batch is encoded and compressed
// once, and its retries send the same bytes. net/http may read them after Export
// has returned, so their buffer is free only when it has closed the request.
//
// Of several endpoints (see [WithEndpointURL]) each Export takes the next one, and
// goes on to another if that one fails, so that the batch does not wait for an
// endpoint that is down. One that has failed is left alone for a second, for twice
// as long each further time, for half a minute at most, or for as long as it asks;
// then one Export tries it.
//
// # Answers
//
// Any 2xx is a success whatever is in its body, except that a partial success
// rejects the number of records that it names. 429, 502, 503 and 504 are tried again,
// after Retry-After if there is one, and so are connections that are refused, reset or
// closed, time-outs and names that do not resolve. 401, 403, 404, 405 and 407 are about
// the client, and so are redirects, which are never followed, and TLS that does not come about; the data is kept. 413
// means "too large". All others are about the data.
//
// What a server sends is bounded: 4 MiB of body before and after decompression
// (see [WithMaxResponseSize]), and the time until the deadline of the attempt. net/http
// reports a server that sends more than an answer to package log, which is out of our
// hands; after slog.SetDefault such a line is a record of the default logger.
//
// # Compression
//
// Requests are compressed with gzip, which every endpoint takes. With
// [WithCompressor] they are compressed with something better, such as zstd; an endpoint that
// refuses it gets gzip from then on.
//
// # Proxies
//
// Requests go through the proxy that HTTPS_PROXY and HTTP_PROXY name, or the function of
// [WithProxy], also through one that is spoken to with TLS. TLS to the endpoint goes
// through a tunnel: the proxy sees neither headers nor records, and the endpoint not the
// proxy's credential. A proxy that answers 403 or 407 has refused the client; whatever
// else keeps it from making a tunnel may be over in a moment. Errors on the way to the
// proxy name it, without its credential.
//
// # Credentials
//
// Header values, the query of an endpoint's URL and the user of a proxy are
// credentials. They are taken out of every error, also where a server quotes
// them.
package otlphttp
