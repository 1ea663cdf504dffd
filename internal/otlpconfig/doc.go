// Package otlpconfig finds out where and how to export: it joins the options of
// a constructor with the OTEL_EXPORTER_OTLP_* environment variables, by the
// rules of the OTLP exporter specification, once for both transports.
//
// # Rules
//
// An option wins over the environment, and a variable for logs
// (OTEL_EXPORTER_OTLP_LOGS_TIMEOUT) over the one for all signals
// (OTEL_EXPORTER_OTLP_TIMEOUT). A variable that is empty counts as not set.
// Only the value that wins is looked at.
//
//	..._PROTOCOL                          see [LookupProtocol]
//	..._ENDPOINT                          see [Config.GRPC] and [Config.HTTP]
//	..._INSECURE                          true or false; a scheme wins over it
//	..._HEADERS                           key=value,key=value; values percent-encoded
//	..._COMPRESSION                       gzip or none
//	..._TIMEOUT                           milliseconds; 0 is no limit
//	..._CERTIFICATE                       PEM file of the authorities to trust
//	..._CLIENT_CERTIFICATE, _CLIENT_KEY   PEM files; both or none
//
// A value that makes no sense is an error and never replaced by another one. All
// errors are returned at once; each names the option or variable, the value and
// what would be right.
//
// # Credentials
//
// Header values and what stands before the @ of a URL are credentials. They
// never appear in an error.
package otlpconfig
