package temporal

import (
	"context"
	"errors"
	"maps"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
)

// operator lists search attributes, or fails.
type operator struct {
	client.Client
	operatorservice.OperatorServiceClient
	custom map[string]enumspb.IndexedValueType
	err    error
}

func (o *operator) OperatorService() operatorservice.OperatorServiceClient { return o }

func (o *operator) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: o.custom}, o.err
}

func (o *operator) AddSearchAttributes(_ context.Context, r *operatorservice.AddSearchAttributesRequest, _ ...grpc.CallOption) (*operatorservice.AddSearchAttributesResponse, error) {
	if o.custom == nil {
		o.custom = map[string]enumspb.IndexedValueType{}
	}
	maps.Copy(o.custom, r.SearchAttributes)
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

func TestAddedSearchAttributesAreKnown(t *testing.T) {
	c := &Client{Client: &operator{}}
	if n := len(c.SearchAttributes(t.Context())); n != 0 {
		t.Fatalf("got %d attributes before they were added, want 0", n)
	}
	if err := c.EnsureSearchAttributes(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(c.SearchAttributes(t.Context())); n != len(ours) {
		t.Errorf("got %d attributes after they were added, want %d", n, len(ours))
	}
}

func TestSearchAttributesAreRetriedSoon(t *testing.T) {
	o := &operator{err: errors.New("away")}
	c := &Client{Client: o}
	list := func() int {
		c.asked = c.asked.Add(-time.Second) // as if a second had passed
		return len(c.SearchAttributes(t.Context()))
	}
	if c.SearchAttributes(t.Context()) != nil {
		t.Error("got attributes although Temporal is unreachable")
	}
	o.custom, o.err = ours, nil
	if n := list(); n != len(ours) {
		t.Errorf("a second after Temporal is back: got %d attributes, want %d", n, len(ours))
	}
	o.custom, o.err = nil, errors.New("away")
	c.asked = time.Time{}
	if n := list(); n != len(ours) {
		t.Errorf("after Temporal has become unreachable again: got %d attributes, want %d", n, len(ours))
	}
}
