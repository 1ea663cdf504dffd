module github.com/logstream-go/logstream/internal/interop

go 1.26.0

replace github.com/logstream-go/logstream => ../..
