// Package sinktest tells whether a sink keeps the contract of package sink. It is
// for the tests of those who write one, as testing/slogtest is for handlers:
//
//	func TestConformance(t *testing.T) {
//		sinktest.Run(t, func(t *testing.T) sinktest.Harness {
//			srv := newDestination(t) // closed by t.Cleanup
//			k, err := mysink.New(srv.Address())
//			if err != nil {
//				t.Fatal(err)
//			}
//			return sinktest.Harness{
//				Sink:     k,
//				Received: srv.Messages,
//				Hang:     srv.HangOnce,
//				Down:     srv.Stop,
//			}
//		})
//	}
//
// [Run] asks for a new sink and a new destination for each of its checks and
// does with the sink what a stream does, and what goes wrong around one: empty
// and huge batches, exports at once, records that are no records, a context
// that ends, a destination that hangs, refuses or is gone. It looks at what has
// arrived, at the errors, at what the sink keeps of a batch, and at the
// goroutines that are left.
//
// # Memory
//
// A batch of the stream lies in memory that serves others after the batch was
// settled. The suite overwrites the memory of each batch as soon as the stream
// could, so that a sink that keeps a batch delivers garbage. With -race the race
// detector names the place.
//
// # Batches
//
// Only this module can make a batch, because a sink must not see a record that
// was not masked. [NewBatch], [FromRequest] and [FromEncoded] make them for tests
// of one's own; they pass records through as they are.
package sinktest
