package otlptest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/logstream-go/logstream/sink/otlptest"
)

// A receiver over HTTP that asks for patience, sends its client elsewhere and
// then takes what comes.
func ExampleServer_HTTPEndpoint() {
	srv, err := otlptest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.Script(
		otlptest.HTTPStatus(http.StatusTooManyRequests, "slow down").RetryAfter(30*time.Second),
		otlptest.Redirect("http://192.0.2.1/"),
	)

	client := &http.Client{
		Transport:     new(http.Transport),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	const request = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"hello"}}]}]}]}`
	for range 3 {
		resp, err := client.Post(srv.HTTPEndpoint()+"/v1/logs", "application/json", strings.NewReader(request))
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Printf("%d %q %q %s\n", resp.StatusCode, resp.Header.Get("Retry-After"), resp.Header.Get("Location"), string(body)+".")
	}
	for _, r := range srv.Records() {
		fmt.Println(r.Body)
	}
	// Output:
	// 429 "30" "" slow down.
	// 307 "" "http://192.0.2.1/" .
	// 200 "" "" {}.
	// hello
}
