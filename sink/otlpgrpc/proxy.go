package otlpgrpc

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
)

// proxySecrets returns the credentials for the proxy on the way to target, which
// its answers may quote. gRPC reads HTTPS_PROXY and NO_PROXY itself and says them to
// the proxy. Only names that gRPC resolves go through one.
func proxySecrets(target string) []string {
	host, ok := strings.CutPrefix(target, "dns:")
	if !ok {
		return nil
	}
	host = host[strings.LastIndexByte(host, '/')+1:]
	u, err := http.ProxyFromEnvironment(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
	if err != nil || u == nil || u.User == nil {
		return nil
	}
	password, _ := u.User.Password()
	return []string{password, base64.StdEncoding.EncodeToString([]byte(u.User.Username() + ":" + password))}
}
