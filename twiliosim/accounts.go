package twiliosim

// Accounts and what belongs to them: API keys, phone numbers and Messaging
// Services.

import (
	"crypto/subtle"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Account is a Twilio account or subaccount of the simulator.
type Account struct {
	// SID is "AC" and 32 hexadecimal digits. Optional in AddAccount: default
	// generated.
	SID string `json:"sid"`
	// Token is the auth token, which also signs the account's webhooks.
	// Optional in AddAccount: default generated.
	Token string `json:"token"`
	// FriendlyName is free text.
	FriendlyName string `json:"friendlyName,omitempty"`
	// Parent is the SID of the account that owns this subaccount, "" for a main
	// account. The parent's credentials also work for its subaccounts.
	Parent string `json:"parent,omitempty"`
	// Test marks test credentials: nothing is sent, no webhook is called, and
	// only the magic numbers work.
	Test bool `json:"test,omitempty"`
	// Keys maps API keys ("SK…") to their secrets. Optional: default none.
	Keys map[string]string `json:"keys,omitempty"`
}

// Number is a sender that an account owns: a phone number, a short code or a
// channel address such as "whatsapp:+15005550006".
type Number struct {
	// Number is the address itself.
	Number string `json:"number"`
	// Account is the owner. Optional: default the main account.
	Account string `json:"account,omitempty"`
	// Webhook is called for each message that arrives. Its fragment may hold
	// Twilio's connection overrides. Optional: by default, messages are only
	// stored.
	Webhook string `json:"webhook,omitempty"`
	// Method is GET or POST. Optional: default POST.
	Method string `json:"method,omitempty"`
	// Fallback is called when Webhook fails. Optional: default none.
	Fallback string `json:"fallback,omitempty"`
	// StatusFallback is called when a status callback of a message from this
	// number fails. Optional: default none, as at Twilio.
	StatusFallback string `json:"statusFallback,omitempty"`
	// Rate is how many segments the number sends per second. Optional: default
	// Twilio's rate for this type of sender (long code 1, toll-free 3, short
	// code 100, WhatsApp 80).
	Rate float64 `json:"rate,omitempty"`
}

// Service is a Messaging Service: a pool of senders behind one SID.
type Service struct {
	// SID is "MG" and 32 hexadecimal digits. Optional in AddService: default
	// generated.
	SID string `json:"sid"`
	// Account is the owner. Optional: default the main account.
	Account string `json:"account,omitempty"`
	// Senders are numbers that the account owns. A recipient keeps the sender
	// that it was first assigned.
	Senders []string `json:"senders"`
	// Webhook replaces the webhooks of the senders. Optional: by default, each
	// sender keeps its own.
	Webhook string `json:"webhook,omitempty"`
	// Fallback is called when Webhook fails. Optional: default none.
	Fallback string `json:"fallback,omitempty"`
	// StatusCallback is used for messages that do not set one. Optional:
	// default none.
	StatusCallback string `json:"statusCallback,omitempty"`
	// ValidityPeriod is for messages that do not set one, in seconds, 1 to
	// 36000. Optional: default 36000.
	ValidityPeriod int `json:"validityPeriod,omitempty"`
	// AdvancedOptOut adds OptOutType to the inbound webhook.
	AdvancedOptOut bool `json:"advancedOptOut,omitempty"`
}

type account struct {
	Account
	createdAt time.Time
	inFlight  atomic.Int32
	services  map[string]*service
	feed      feed
}

// sender is a Number with the state of its queue. An alphanumeric sender gets a
// queue when it first sends.
type sender struct {
	Number
	kind    addressKind
	account *account
	service *service
	// freeAt is when the last queued segment will have left.
	freeAt time.Time
}

type service struct {
	Service
	account *account
	next    int // position in the rotation over Senders
	sticky  map[string]string
}

// maxSticky limits the number of recipients for which a service remembers the
// sender. Recipients beyond it may be texted from different senders.
const maxSticky = 100_000

// addAccount registers an account and fills in what the caller left out.
func (s *Sim) addAccount(a Account) (*account, error) {
	if a.SID == "" {
		a.SID = newSID("AC")
	}
	if !isSID("AC", a.SID) {
		return nil, fmt.Errorf("account SID %q: want AC followed by 32 hexadecimal digits", a.SID)
	}
	if a.Token == "" {
		a.Token = newSID("")
	}
	if s.accounts[a.SID] != nil {
		return nil, fmt.Errorf("account %s already exists: choose another SID", a.SID)
	}
	if a.Parent != "" && s.accounts[a.Parent] == nil {
		return nil, fmt.Errorf("parent account %s does not exist: add it first", a.Parent)
	}
	for key := range a.Keys {
		if owner := s.keys[key]; owner != nil || !isSID("SK", key) {
			return nil, fmt.Errorf("API key %q: want SK followed by 32 hexadecimal digits, not used before", key)
		}
	}
	acc := &account{Account: a, createdAt: s.clock.now(), services: map[string]*service{}}
	acc.feed.init()
	s.accounts[a.SID] = acc
	for key := range a.Keys {
		s.keys[key] = acc
	}
	return acc, nil
}

// authenticate returns the account that the credentials belong to, or nil if
// they are wrong.
func (s *Sim) authenticate(user, password string) *account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if acc := s.accounts[user]; acc != nil && sameSecret(acc.Token, password) {
		return acc
	}
	if acc := s.keys[user]; acc != nil && sameSecret(acc.Keys[user], password) {
		return acc
	}
	return nil
}

// reach returns the account in a path if it is the caller's own or one of its
// subaccounts, or nil otherwise.
func (s *Sim) reach(who *account, sid string) *account {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if acc := s.accounts[sid]; acc != nil && (acc == who || acc.Parent == who.SID) {
		return acc
	}
	return nil
}

func sameSecret(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// setNumber adds a number or replaces the settings of an existing one, which
// keeps its queue.
func (s *Sim) setNumber(n Number) error {
	n.Number = normalize(n.Number)
	kind := kindOf(n.Number)
	if kind == invalidAddress || kind == alphanumeric {
		return fmt.Errorf("number %q: want E.164 such as +15005550006, a short code, or whatsapp:+…", n.Number)
	}
	if n.Account == "" {
		n.Account = s.Account
	}
	acc := s.accounts[n.Account]
	if acc == nil {
		return fmt.Errorf("account %s does not exist: add it before its number", n.Account)
	}
	if n.Method == "" {
		n.Method = http.MethodPost
	}
	if n.Method != http.MethodPost && n.Method != http.MethodGet {
		return fmt.Errorf("method %q: want GET or POST", n.Method)
	}
	if n.Rate != 0 && !(n.Rate >= 0.001 && n.Rate <= 1e6) {
		return fmt.Errorf("rate %v: want segments per second, 0.001 to 1000000, or leave it out", n.Rate)
	}
	for what, u := range map[string]string{"webhook": n.Webhook, "fallback": n.Fallback, "statusFallback": n.StatusFallback} {
		if u != "" && !isHTTPURL(u) {
			return fmt.Errorf("%s %q: want an http or https URL", what, u)
		}
	}
	if snd := s.numbers[n.Number]; snd != nil {
		snd.Number, snd.account = n, acc
		return nil
	}
	s.numbers[n.Number] = &sender{Number: n, kind: kind, account: acc}
	s.numberOrder = append(s.numberOrder, n.Number)
	return nil
}

func (s *Sim) addService(v Service) (*service, error) {
	if v.SID == "" {
		v.SID = newSID("MG")
	}
	if !isSID("MG", v.SID) {
		return nil, fmt.Errorf("service SID %q: want MG followed by 32 hexadecimal digits", v.SID)
	}
	if v.Account == "" {
		v.Account = s.Account
	}
	acc := s.accounts[v.Account]
	if acc == nil {
		return nil, fmt.Errorf("account %s does not exist: add it before its service", v.Account)
	}
	if v.ValidityPeriod < 0 || v.ValidityPeriod > maxValidity {
		return nil, fmt.Errorf("validityPeriod %d: want 1 to %d seconds", v.ValidityPeriod, maxValidity)
	}
	for _, u := range []string{v.Webhook, v.Fallback, v.StatusCallback} {
		if u != "" && !isHTTPURL(u) {
			return nil, fmt.Errorf("URL %q: want http or https", u)
		}
	}
	for i, number := range v.Senders {
		v.Senders[i] = normalize(number)
		snd := s.numbers[v.Senders[i]]
		if snd == nil || snd.account != acc {
			return nil, fmt.Errorf("sender %q is not a number of account %s: add it first", number, v.Account)
		}
		if snd.service != nil && snd.service.SID != v.SID {
			return nil, fmt.Errorf("sender %q is already in service %s", number, snd.service.SID)
		}
	}
	svc := acc.services[v.SID]
	if svc == nil {
		svc = &service{account: acc, sticky: map[string]string{}}
		acc.services[v.SID] = svc
	}
	for _, number := range svc.Senders {
		s.numbers[number].service = nil
	}
	svc.Service = v
	for _, number := range v.Senders {
		s.numbers[number].service = svc
	}
	return svc, nil
}

// pick chooses the sender for a recipient: the one assigned before, or else the
// next one in the rotation on the recipient's channel.
func (v *service) pick(s *Sim, to string) *sender {
	if number, ok := v.sticky[to]; ok && slices.Contains(v.Senders, number) {
		return s.numbers[number]
	}
	kind := kindOf(to)
	for range v.Senders {
		number := v.Senders[v.next%len(v.Senders)]
		v.next++
		if !sameChannel(kindOf(number), kind) {
			continue
		}
		if len(v.sticky) < maxSticky {
			v.sticky[to] = number
		}
		return s.numbers[number]
	}
	return nil
}

func isHTTPURL(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && len(raw) <= 4000
}

const hexDigits = "0123456789abcdef"

// newSID generates an identifier: the prefix and 32 hexadecimal digits. It
// ignores the seed, so that two runs never produce the same SID.
func newSID(prefix string) string {
	buf := make([]byte, len(prefix)+32)
	digits := buf[copy(buf, prefix):]
	for i := 0; i < 32; i += 16 {
		v := rand.Uint64()
		for j := range 16 {
			digits[i+j] = hexDigits[v&15]
			v >>= 4
		}
	}
	return string(buf)
}

func isSID(prefix, s string) bool {
	if len(s) != len(prefix)+32 || !strings.HasPrefix(s, prefix) {
		return false
	}
	for _, c := range []byte(s[len(prefix):]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
