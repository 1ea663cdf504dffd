package otelexporter

import (
	"reflect"
	"time"
)

// throttled returns how long the server has asked to be left alone, if err or
// what it wraps is a gRPC status with a RetryInfo. It uses reflection because the
// types would link gRPC, some 8 MB, into each program with any exporter.
func throttled(err error) (delay time.Duration, ok bool) {
	for e := range tree(err) {
		// Names are constants, so that the linker knows which methods are used.
		m := reflect.ValueOf(e).MethodByName("GRPCStatus")
		if !m.IsValid() || m.Type().NumIn() != 0 || m.Type().NumOut() != 1 {
			continue
		}
		out := m.Call(nil)[0]
		if out.Kind() == reflect.Pointer && out.IsNil() {
			continue
		}
		status, isStatus := reflect.TypeAssert[interface{ Details() []any }](out)
		if !isStatus {
			continue
		}
		for _, d := range status.Details() {
			if delay, ok := retryDelay(d); ok {
				return delay, true
			}
		}
	}
	return 0, false
}

// retryDelay returns the delay in a detail of a status, if that is a RetryInfo.
func retryDelay(detail any) (time.Duration, bool) {
	v := reflect.Indirect(reflect.ValueOf(detail))
	if v.Kind() != reflect.Struct || v.Type().Name() != "RetryInfo" {
		return 0, false
	}
	field := v.FieldByName("RetryDelay")
	if !field.IsValid() {
		return 0, false
	}
	delay, ok := reflect.TypeAssert[interface{ AsDuration() time.Duration }](field)
	if !ok {
		return 0, false
	}
	return max(0, delay.AsDuration()), true // a nil delay is 0
}
