// Base is what a program weighs that logs with slog and speaks HTTP.
package main

import (
	"log/slog"
	"net/http"
	"os"
	"strings"
)

func main() {
	logger := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	resp, err := http.Post(os.Args[1], "text/plain", strings.NewReader("hello"))
	if err != nil {
		logger.Error("posting", "err", err)
		return
	}
	defer resp.Body.Close()
	logger.Info("posted", "status", resp.StatusCode)
}
