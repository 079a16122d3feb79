package twiliosim

// The HTTP server: the addresses at which it may listen, and its port, which
// can refuse connections for a while.

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

type server struct {
	http *http.Server
	addr string

	mu        sync.Mutex
	listener  net.Listener
	refusing  bool
	closed    bool
	idle      map[net.Conn]bool
	serving   sync.WaitGroup
	reopening *time.Timer
}

// listen binds an address; serve accepts connections at it. An address that
// other machines can reach must be allowed explicitly, because the controls
// have no password.
func listen(addr string, allowRemote bool, handler http.Handler) (*server, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("address %q: want host:port such as 127.0.0.1:8090", addr)
	}
	if !allowRemote && !isLoopback(host) {
		return nil, fmt.Errorf("address %s can be reached from other machines, and the controls have no password: use 127.0.0.1, or allow it with --allow-remote (AllowRemote in Go)", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", addr, err)
	}
	srv := &server{addr: listener.Addr().String(), listener: listener, idle: map[net.Conn]bool{}}
	srv.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0), ConnState: srv.connState,
	}
	return srv, nil
}

func (srv *server) serve(listener net.Listener) {
	srv.listener = listener
	srv.serving.Go(func() {
		_ = srv.http.Serve(listener)
	})
}

func (srv *server) connState(conn net.Conn, state http.ConnState) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	// A connection that has not sent a request yet counts as idle.
	if state != http.StateIdle && state != http.StateNew {
		delete(srv.idle, conn)
		return
	}
	if srv.refusing {
		_ = conn.Close()
		return
	}
	srv.idle[conn] = true
}

// refuse closes the port and idle connections for a while.
func (srv *server) refuse(d time.Duration) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.refusing || srv.closed {
		return
	}
	srv.refusing = true
	_ = srv.listener.Close()
	srv.closeIdle()
	srv.reopening = time.AfterFunc(d, srv.reopen)
}

// reopen listens again. If another process has taken the port, it keeps trying.
func (srv *server) reopen() {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.closed {
		return
	}
	listener, err := net.Listen("tcp", srv.addr)
	if err != nil {
		srv.reopening = time.AfterFunc(100*time.Millisecond, srv.reopen)
		return
	}
	srv.refusing = false
	srv.serve(listener)
}

func (srv *server) closeIdle() {
	for conn := range srv.idle {
		_ = conn.Close()
	}
	clear(srv.idle)
}

// close lets requests in progress finish until ctx ends, and then aborts them.
func (srv *server) close(ctx context.Context) error {
	srv.mu.Lock()
	srv.closed = true
	if srv.reopening != nil {
		srv.reopening.Stop()
	}
	srv.closeIdle()
	srv.mu.Unlock()
	err := srv.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.http.Close()
	}
	srv.serving.Wait()
	return err
}
