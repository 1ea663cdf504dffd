// Package otlptest is an OTLP receiver that lives in the test's own process and
// misbehaves on command.
//
//	srv, err := otlptest.New()
//	if err != nil {
//		return err
//	}
//	defer srv.Close()
//	srv.Script(otlptest.Status(codes.Unavailable, "try later")) // the first request only
//	// ... point an OTLP exporter at srv.Endpoint() and log something ...
//	records, err := srv.Wait(ctx, 1)
//
// A [Server] listens on loopback (or in memory, on a Unix socket, with TLS),
// takes log exports over gRPC and, on a port of its own, over HTTP, decodes them with the generated types of
// go.opentelemetry.io/proto/otlp and keeps what it accepted as [Record] values.
// It shares no code with the encoder of this module, so that an encoding error
// cannot hide behind a decoder with the same error. It does not import testing
// and can serve an example program or a benchmark as well.
//
// # Waiting
//
// [Server.Wait] and [Server.WaitRequests] block until enough has arrived. They
// do not poll, and their error says how much came.
//
// # Faults
//
// A [Fault] says how one request is answered. [Server.Script] queues faults
// that requests consume in order of arrival; [Server.SetFault] sets one that
// stands until it is changed. The script goes first, then the standing fault,
// and without either the receiver is healthy. A fault is an ordinary value and
// its methods return changed copies:
//
//	srv.Script(
//		otlptest.Status(codes.Unavailable, "starting").Times(3),
//		otlptest.Hang().For(5*time.Second),
//		otlptest.Reset().AfterAccept(),
//	)
//
// [Server.Stop] and [Server.Restart] take the receiver off the network and
// bring it back on the same address.
//
// # HTTP
//
// [Server.HTTPEndpoint] takes protobuf and JSON over HTTP/1.1 and HTTP/2, plain,
// gzip and zstd. Both transports share script and store, so a fault means the
// same to both. The code of a [Status] becomes a HTTP status as a Collector
// translates it, with a google.rpc.Status as the body:
//
//	CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS  503
//	RESOURCE_EXHAUSTED with RetryInfo   429
//	RESOURCE_EXHAUSTED without          413
//	INVALID_ARGUMENT                    400
//	UNAUTHENTICATED                     401
//	PERMISSION_DENIED                   403
//	UNIMPLEMENTED                       404
//	any other                           500
//
// A RetryInfo becomes a Retry-After header as well. [HTTPStatus] and [Redirect]
// answer what no code stands for, and [Fault.Header], [Fault.RetryAfterDate] and
// [Fault.SlowAnswer] change how. A request that is none of OTLP (another path,
// method or content type) is refused without meeting a fault.
//
// OTLP/JSON is decoded strictly, except that unknown fields are ignored, as OTLP
// demands: names keep their case, enums are numbers, ids are hex, and no field
// may stand twice.
//
// # What can be relied on
//
// A request is in [Server.Requests] before its records are in [Server.Records],
// and both are there before the client sees the answer: after a successful
// export no Wait is needed. Records of one request stay together and in order.
// Once no request is in progress, every record of a decoded request was counted
// exactly once: the sum of Request.Records is Stats.Records plus Stats.Refused.
//
// An answer that was decided on can still get lost, because the client gave up
// or the connection broke. Records kept then arrive again with the client's
// next attempt, as they do with any receiver.
//
// # Time
//
// The receiver waits only on channels, timers and condition variables. With
// [WithInMemory] it can run inside a testing/synctest bubble, where [Delay]
// with an hour costs nothing.
//
// # What it leaves alone
//
// The receiver changes nothing outside itself. gzip is set on its own
// grpc.Server, because importing grpc's encoding/gzip would register that
// compressor for every gRPC client and server of the process, and a test would
// then pass with a client that cannot compress in production. Over gRPC
// only the encodings "identity" and "gzip" are accepted, unless the program
// registered others with grpc.
package otlptest
