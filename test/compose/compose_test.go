//go:build compose

// Package compose runs what docker-compose.yml describes, without Docker: its
// PostgreSQL, schema, Temporal and namespace, and two workers and two webhooks,
// which run in a folder with the image's contents. One of each is killed under
// load, PostgreSQL crashes, and its disk fills up. "make compose-test" runs it,
// as root, with Debian's PostgreSQL.
package compose

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.yaml.in/yaml/v4"
	"golang.org/x/sync/errgroup"

	"temporal-twilio/sms"
	"temporal-twilio/test/stack"
	"temporal-twilio/twiliosim"
)

const (
	// nobody is the user that PostgreSQL runs as, since it refuses to run as root.
	nobody = 65534
	// sends is the number of sends, to three recipients each; texts is the number
	// of inbound texts. The faults begin once this many messages have been sent.
	sends, texts = 60, 60
)

// services returns the environment of each service in the compose file.
func services(t *testing.T) map[string]map[string]string {
	t.Helper()
	var file struct {
		Services map[string]struct {
			Environment map[string]string `yaml:"environment"`
		} `yaml:"services"`
	}
	data, err := os.ReadFile("../../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for name, service := range file.Services {
		all[name] = service.Environment
	}
	return all
}

// environment returns a service's environment, adapted to a process outside of
// its container.
func environment(service map[string]string, differs ...string) (all []string) {
	for name, value := range service {
		all = append(all, name+"="+value)
	}
	return append(all, differs...)
}

// run runs a program as the given user; if it fails, so does the test.
func run(t *testing.T, as uint32, environment []string, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: as, Gid: as}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// lowPort returns a free port below 2^15, because Temporal stores the ports of
// its services in PostgreSQL as smallint.
func lowPort(t *testing.T) string {
	t.Helper()
	for range 1000 {
		port := strconv.Itoa(10000 + rand.IntN(22000))
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = listener.Close() // only its port matters
			return port
		}
	}
	t.Fatal("no port is free")
	return ""
}

// folder returns a new folder that the given user owns and everyone can read.
func folder(t *testing.T, user int) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "compose-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := errors.Join(os.Chmod(dir, 0o755), os.Chown(dir, user, user)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
	return path
}

// startTemporal creates the schema, starts the server and creates its
// namespace, with the scripts and variables of the compose file. space limits
// the database's disk, as in startPostgreSQL.
func startTemporal(t *testing.T, all map[string]map[string]string, space string) (address string, database *postgresql) {
	t.Helper()
	password := write(t, filepath.Join(folder(t, 0), "postgres_password"), "a-password")
	database = startPostgreSQL(t, all["postgresql"]["POSTGRES_USER"], password, space)
	bin, err := filepath.Abs("../../.local/bin")
	if err != nil {
		t.Fatal(err)
	}
	tools := folder(t, 0) // contains the tools under the names that they have in the images
	for name, program := range map[string]string{"temporal-sql-tool": "sql", "temporal": "temporal-cli"} {
		if err := os.Symlink(filepath.Join(bin, program), filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	path := "PATH=" + tools + ":" + os.Getenv("PATH")
	run(t, 0, environment(all["temporal-schema"], path, "SQL_HOST=127.0.0.1", "SQL_PORT="+database.port, "SQL_PASSWORD_FILE="+password), "/bin/sh", "../../deploy/schema.sh")

	dynamic, err := filepath.Abs("../../deploy/dynamicconfig.yaml")
	if err != nil {
		t.Fatal(err)
	}
	port := lowPort(t)
	differs := []string{"POSTGRES_PWD=a-password", "POSTGRES_SEEDS=127.0.0.1", "DB_PORT=" + database.port, "BIND_ON_IP=127.0.0.1", "DYNAMIC_CONFIG_FILE_PATH=" + dynamic, "FRONTEND_GRPC_PORT=" + port}
	for _, one := range []string{"FRONTEND_HTTP", "FRONTEND_MEMBERSHIP", "MATCHING_GRPC", "MATCHING_MEMBERSHIP", "HISTORY_GRPC", "HISTORY_MEMBERSHIP", "WORKER_GRPC", "WORKER_MEMBERSHIP"} {
		differs = append(differs, one+"_PORT="+lowPort(t))
	}
	stack.StartProcess(t, "temporal", environment(all["temporal"], differs...), filepath.Join(bin, "server"), "--allow-no-auth", "start")
	address = "127.0.0.1:" + port
	run(t, 0, environment(all["temporal-namespace"], path, "TEMPORAL_ADDRESS="+address), "/bin/sh", "../../deploy/namespace.sh")
	return address, database
}

// image builds the folder that the Dockerfile's COPY lines describe, with what
// Docker adds: name resolution, /proc, secrets and the mounted triggers.
func image(t *testing.T) (dir string) {
	t.Helper()
	dir = folder(t, 0)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", dir+"/", "./worker", "./starter")
	cmd.Env, cmd.Dir = append(os.Environ(), "CGO_ENABLED=0"), "../.."
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the programs: %v\n%s", err, out)
	}
	size := int64(0)
	for _, program := range []string{"worker", "starter"} {
		info, err := os.Stat(filepath.Join(dir, program))
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if t.Logf("the programs take %d MB", size>>20); size > 100<<20 {
		t.Errorf("the programs take %d MB, want at most 100", size>>20)
	}
	triggers, err := os.ReadFile("../../deploy/triggers/triggers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "deploy/triggers/triggers.yaml"), string(triggers))
	write(t, filepath.Join(dir, "run/secrets/twilio_token"), stack.Token)
	write(t, filepath.Join(dir, "run/secrets/id_secret"), "the secret of the compose test")
	write(t, filepath.Join(dir, "etc/hosts"), "127.0.0.1 localhost\n")
	if err := os.Mkdir(filepath.Join(dir, "proc"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// container starts the image's worker as Docker does: on a read-only image, as
// the image's user, without root's capabilities.
func container(t *testing.T, dir string, environment []string, args ...string) *stack.Process {
	t.Helper()
	const confine = `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount --bind /proc "$0/proc" && exec setpriv --no-new-privs chroot --userspec=65532:65532 "$0" /worker "$@"`
	return stack.StartProcess(t, strings.Join(args, " "), environment, "unshare", append([]string{"--mount", "/bin/sh", "-c", confine, dir}, args...)...)
}

// balancer is the proxy in front of the webhooks: it alternates between them,
// and tries another if one does not respond.
type balancer struct {
	webhooks []string
	next     atomic.Int64
}

func (b *balancer) RoundTrip(request *http.Request) (response *http.Response, err error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	first := b.next.Add(1)
	for i := range int64(len(b.webhooks)) {
		again := request.Clone(request.Context())
		again.URL.Host, again.Body = b.webhooks[(first+i)%int64(len(b.webhooks))], io.NopCloser(bytes.NewReader(body))
		if response, err = http.DefaultTransport.RoundTrip(again); err == nil {
			return response, nil
		}
	}
	return nil, err
}

func TestComposeStackLosesNothing(t *testing.T) {
	all := services(t)
	address, database := startTemporal(t, all, "512m")
	webhooks := &balancer{webhooks: []string{"127.0.0.1:" + stack.FreePort(t), "127.0.0.1:" + stack.FreePort(t)}}
	public := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: "webhook"})
	}, Transport: webhooks})
	t.Cleanup(public.Close)
	twilio, err := twiliosim.Start(twiliosim.Options{Account: stack.Account, Token: stack.Token, Numbers: []string{stack.Number}, Webhook: public.URL + "/twilio/sms"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = twilio.Close() })
	if err := twilio.SetSpeed(1000); err != nil {
		t.Fatal(err)
	}
	if _, err := twilio.AddFault(twiliosim.Fault{Kind: twiliosim.FaultDelay, Operation: "create", Delay: twiliosim.Duration(50 * time.Millisecond)}); err != nil {
		t.Fatal(err)
	}
	dir := image(t)
	start := func(half, webhook string) *stack.Process {
		return container(t, dir, environment(all["connector"], "TEMPORAL_ADDRESS="+address, "TWILIO_ACCOUNT="+stack.Account, "TWILIO_BASE_URL="+twilio.URL,
			"WEBHOOK_PUBLIC_URL="+public.URL, "WEBHOOK_ADDR="+webhook, "METRICS_ADDR=127.0.0.1:"+stack.FreePort(t)), "--only", half)
	}
	workers := []*stack.Process{start("worker", ""), start("worker", "")}
	receivers := []*stack.Process{start("webhook", webhooks.webhooks[0]), start("webhook", webhooks.webhooks[1])}
	for _, webhook := range webhooks.webhooks {
		stack.Eventually(t, "the webhook is ready", func(ctx context.Context) error { return stack.Get(ctx, "http://"+webhook+"/readyz") })
	}
	c, err := client.Dial(client.Options{HostPort: address})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	load(t, c, twilio, func() {
		workers[0].Kill()
		receivers[0].Kill()
		database.crash(t)
		database.fillDisk(t)
	})
}

// load sends and receives, calls kill in the meantime, and checks the outcomes.
func load(t *testing.T, c client.Client, twilio *twiliosim.Sim, kill func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stack.Patience)
	defer cancel()
	var group errgroup.Group
	group.SetLimit(20)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		for len(twilio.Messages(twiliosim.Filter{Direction: "outbound", Limit: 1 << 20})) < sends && ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
		}
		kill()
	}()
	lost := make([]int, texts)
	for i := range max(sends, texts) {
		group.Go(func() error { return send(ctx, c, i) })
		group.Go(func() (err error) {
			lost[i], err = text(ctx, twilio, i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	<-killed
	// Temporal takes a minute or two to notice that a worker is dead; after that,
	// the messages in doubt must be shown not to exist.
	stack.Eventually(t, "each phone has the echo, and what the trigger's workflow sends", func(ctx context.Context) error {
		for i := range texts {
			if n := len(twilio.Messages(twiliosim.Filter{To: fmt.Sprintf("+1555004%04d", i)})); n != lost[i]+2 {
				return fmt.Errorf("phone %d was texted %d times, %d of them to say that its text is lost, want 2 other texts%s", i, n, lost[i], state(ctx, c, twilio, fmt.Sprintf("+1555004%04d", i)))
			}
		}
		return nil
	})
	for i := range sends {
		for list := 1; list <= 3; list++ {
			if n := len(twilio.Messages(twiliosim.Filter{To: fmt.Sprintf("+1555%03d%04d", list, i)})); n != 1 {
				t.Errorf("recipient %d of send %d was texted %d times, want once", list, i, n)
			}
		}
	}
}

// send sends to three recipients, and requests the result until Temporal
// returns it.
func send(ctx context.Context, c client.Client, i int) error {
	to := []string{fmt.Sprintf("+1555001%04d", i), fmt.Sprintf("+1555002%04d", i), fmt.Sprintf("+1555003%04d", i)}
	id := fmt.Sprintf("send-%d", i)
	for {
		handle, err := c.ExecuteActivity(ctx, client.StartActivityOptions{
			ID: id, TaskQueue: sms.TaskQueue, ScheduleToCloseTimeout: stack.Patience, HeartbeatTimeout: 3 * time.Second,
			ActivityIDReusePolicy:    enumspb.ACTIVITY_ID_REUSE_POLICY_REJECT_DUPLICATE,
			ActivityIDConflictPolicy: enumspb.ACTIVITY_ID_CONFLICT_POLICY_USE_EXISTING,
		}, sms.SendSmsName, sms.SendSmsInput{SmsFrom: stack.Number, SmsTo: sms.To(to...), SmsBody: "Hello"})
		if already := (*serviceerror.ActivityExecutionAlreadyStarted)(nil); errors.As(err, &already) {
			handle, err = c.GetActivityHandle(client.GetActivityHandleOptions{ActivityID: id, RunID: already.RunId}), nil
		}
		var result sms.SendSmsResult
		if err == nil {
			err = handle.Get(ctx, &result)
		}
		failed := (*temporal.ActivityError)(nil)
		switch {
		case err == nil && len(result.Messages) == len(to):
			return nil
		case err == nil:
			return fmt.Errorf("%s: not all recipients were texted: %+v", id, result.Errors)
		case errors.As(err, &failed), ctx.Err() != nil:
			return fmt.Errorf("%s: %w", id, err)
		}
		time.Sleep(100 * time.Millisecond) // Temporal is unreachable
	}
}

// text delivers a text until it is accepted. If a delivery fails, it repeats
// the delivery, as Twilio does; if the sender is told that the text is lost, it
// sends a new message. It returns how many times the sender was told so.
func text(ctx context.Context, twilio *twiliosim.Sim, i int) (lost int, err error) {
	in := twiliosim.Inbound{From: fmt.Sprintf("+1555004%04d", i), To: stack.Number, Body: fmt.Sprintf("Order Number %d", i)}
	for {
		result, err := twilio.Inbound(ctx, in)
		switch {
		case err != nil:
			return lost, err
		case result.WebhookStatus != http.StatusOK:
			in.MessageSID = result.MessageSID
			time.Sleep(100 * time.Millisecond) // Temporal is unreachable
		case len(result.Replies) == 1 && result.Replies[0].Body == fmt.Sprintf("Your reference number is %d", i):
			return lost, nil
		case len(result.Replies) == 1 && strings.HasPrefix(result.Replies[0].Body, "There was a problem"):
			in.MessageSID = ""
			lost++
		default:
			return lost, fmt.Errorf("text %d: got %+v, want the echo or the echoError", i, result)
		}
	}
}

// state describes the workflows of the texts that a phone sent.
func state(ctx context.Context, c client.Client, twilio *twiliosim.Sim, phone string) string {
	var all string
	for _, m := range twilio.Messages(twiliosim.Filter{From: phone}) {
		described, err := c.DescribeWorkflow(ctx, "sms-"+m.SID, "")
		if err != nil {
			return err.Error()
		}
		var result any
		if described.Status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			_ = c.GetWorkflow(ctx, "sms-"+m.SID, "").Get(ctx, &result)
		}
		all += fmt.Sprintf("; its workflow is %s, with the pending activities %v and the result %v", described.Status, described.RawResponse.GetPendingActivities(), result)
	}
	return all
}
