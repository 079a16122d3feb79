package main

// The test binary also stands in for other programs: under a child's name it is a
// small fake of that child, and under the name "local" it is the program under
// test.

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
)

// The values of FAKE_<NAME>, which make a fake misbehave, the paths that a fake
// serves, and the files that it writes to FAKE_DIR for the test.
const (
	dieEarly    = "die-early"    // exit with 3 before it is ready
	neverReady  = "never-ready"  // answer 503
	ignoreTerm  = "ignore-term"  // do not exit on SIGTERM
	grandchild  = "grandchild"   // leave a process behind
	oldVersion  = "old-version"  // print version 1.4.2, as an old CLI
	diesWith4   = "/die"         // exits with status 4
	printsALine = "/print"       // prints a line
	pidSuffix   = ".pid"         // FAKE_DIR/NAME.pid
	termFile    = "asked-to-end" // in FAKE_DIR; a line for each child, in the order of their signals
)

func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "local":
		main()
	case "temporal", "twiliosim", "worker", "orderstatus":
		if len(os.Args) == 2 && os.Args[1] == "codec" {
			name = "codec"
		}
		if err := fake(name, os.Getenv("FAKE_"+strings.ToUpper(name))); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		os.Exit(m.Run())
	}
}

func fake(name, behavior string) error {
	if len(os.Args) == 2 && os.Args[1] == "--version" {
		if behavior == oldVersion {
			fmt.Println("temporal version 1.4.2 (Server 1.28.0, UI 2.39.0)")
		} else {
			fmt.Println("temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)")
		}
		return nil
	}
	if err := writePid(name, os.Getpid()); err != nil {
		return err
	}
	if behavior == dieEarly {
		fmt.Println("I cannot start")
		os.Exit(3)
	}
	if behavior == grandchild {
		sleep := exec.Command("sleep", "1000")
		sleep.Stdout = os.Stdout
		if err := sleep.Start(); err != nil {
			return err
		}
		if err := writePid("grandchild", sleep.Process.Pid); err != nil {
			return err
		}
	}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM, os.Interrupt)
	if err := fakeServe(name, behavior); err != nil {
		return err
	}
	fmt.Println("I serve")
	for got := range term {
		if err := noteEnd(name, got); err != nil {
			return err
		}
		if behavior != ignoreTerm {
			return nil
		}
	}
	return nil
}

func writePid(name string, pid int) error {
	return os.WriteFile(filepath.Join(os.Getenv("FAKE_DIR"), name+pidSuffix), []byte(strconv.Itoa(pid)), 0o644)
}

func noteEnd(name string, got os.Signal) error {
	file, err := os.OpenFile(filepath.Join(os.Getenv("FAKE_DIR"), termFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(file, "%s: %v\n", name, got)
	return errors.Join(err, file.Close())
}

// fakeServe listens at the address that the real program would take from its
// flags or environment.
func fakeServe(name, behavior string) error {
	mux := http.NewServeMux()
	mux.HandleFunc(diesWith4, func(http.ResponseWriter, *http.Request) { os.Exit(4) })
	mux.HandleFunc(printsALine, func(http.ResponseWriter, *http.Request) { fmt.Println("a line") })
	ok := func(w http.ResponseWriter, _ *http.Request) {
		if behavior == neverReady {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	switch name {
	case "temporal":
		mux.HandleFunc("/{$}", ok)
		if err := fakeTemporal(flagValue("--port")); err != nil {
			return err
		}
		return serveHTTP(net.JoinHostPort(flagValue("--ui-ip"), flagValue("--ui-port")), mux)
	case "twiliosim":
		mux.HandleFunc("/sim/health", ok)
		return serveHTTP(flagValue("--addr"), mux)
	case "orderstatus":
		return nil // it serves nothing
	case "codec":
		mux.HandleFunc("/healthz", ok)
		return serveHTTP(os.Getenv("CODEC_ADDR"), mux)
	default:
		mux.HandleFunc("/readyz", ok)
		return serveHTTP(os.Getenv("WEBHOOK_ADDR"), mux)
	}
}

func flagValue(flag string) string {
	for i, arg := range os.Args[:len(os.Args)-1] {
		if arg == flag {
			return os.Args[i+1]
		}
	}
	return ""
}

func fakeTemporal(port string) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(loopback, port))
	if err != nil {
		return err
	}
	service := health.NewServer()
	service.SetServingStatus("temporal.api.workflowservice.v1.WorkflowService", healthpb.HealthCheckResponse_SERVING)
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, service)
	go func() { _ = server.Serve(listener) }()
	return nil
}

func serveHTTP(addr string, handler http.Handler) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(listener, handler) }()
	return nil
}
