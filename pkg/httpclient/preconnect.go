package httpclient

import (
	"context"
	"net"
	"net/http"
	"net/url"
)

// preconnection is the value of a request's context that asks for a connection alone.
type preconnection struct {
	giveUp context.CancelFunc
	begin  <-chan struct{} // is closed when all requests have been given up
}

type preconnectionKey struct{}

// Preconnect opens connections to the hosts of addresses, one for each, without waiting for them. The next requests to these hosts take
// them. No request is sent, and what goes wrong is for the requests to find out. The client is one of [New]'s and has made no request yet.
//
// Each connection is that of a request that is given up before the connection is opened: net/http opens it all the same, with its proxy,
// its encryption and its protocol, and keeps it for another request
// (https://github.com/golang/go/blob/go1.26.0/src/net/http/transport.go, getConn).
func Preconnect(ctx context.Context, client *http.Client, addresses ...*url.URL) {
	begin := make(chan struct{})
	defer close(begin)
	for _, address := range addresses {
		ctx, giveUp := context.WithCancel(ctx)
		ctx = context.WithValue(ctx, preconnectionKey{}, preconnection{giveUp, begin})
		if request, err := http.NewRequestWithContext(ctx, http.MethodHead, address.String(), nil); err == nil {
			if response, err := client.Do(request); err == nil { // never, as there is no connection before it is given up
				_ = response.Body.Close()
			}
		}
		giveUp()
	}
}

// withPreconnections has dial give up the request that a connection is not for.
func (dial Dial) withPreconnections(ctx context.Context, network, address string) (net.Conn, error) {
	if p, ok := ctx.Value(preconnectionKey{}).(preconnection); ok {
		p.giveUp()
		<-p.begin
	}
	return dial(ctx, network, address)
}
