package temporal

// The search attributes of our workflows.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"

	"temporal-twilio/sms"
)

// ours are the search attributes of our workflows.
var ours = map[string]enumspb.IndexedValueType{
	sms.AttributeCatches: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	sms.AttributeParty:   enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST,
	sms.AttributeTrigger: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
	sms.AttributeOutcome: enumspb.INDEXED_VALUE_TYPE_KEYWORD,
}

// EnsureSearchAttributes adds those search attributes of our workflows that the
// namespace lacks. If it is not permitted to, an administrator must add them:
// temporal operator search-attribute create --name SmsCatches --type
// KeywordList.
func (c *Client) EnsureSearchAttributes(ctx context.Context) error {
	var failed error
	for name, kind := range ours {
		_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
			Namespace: c.Namespace, SearchAttributes: map[string]enumspb.IndexedValueType{name: kind},
		})
		if exists := (*serviceerror.AlreadyExists)(nil); err != nil && !errors.As(err, &exists) {
			failed = errors.Join(failed, fmt.Errorf("add the search attribute %s to namespace %s: %w", name, c.Namespace, err))
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked = time.Time{} // the cached list does not contain the added attributes
	return failed
}

// attributesFor is how long the list of search attributes is cached.
const attributesFor = 30 * time.Second

// SearchAttributes returns the namespace's custom search attributes, or nil if
// they are unknown. It queries Temporal at most every 30 seconds, or every
// second while they are unknown or some of ours are missing.
func (c *Client) SearchAttributes(ctx context.Context) map[string]enumspb.IndexedValueType {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.asked) < attributesFor {
		return c.attributes
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	listed, err := c.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: c.Namespace})
	if err == nil {
		if c.attributes = listed.GetCustomAttributes(); c.attributes == nil {
			c.attributes = map[string]enumspb.IndexedValueType{} // not nil: it is known that there are none
		}
	}
	c.asked = time.Now()
	if c.attributes == nil || err == nil && c.lacks() > 0 {
		// Ask again soon: Temporal may be reachable again, or a worker that is
		// starting may add our attributes.
		c.asked = c.asked.Add(time.Second - attributesFor)
	}
	return c.attributes
}

// MissingAttributes returns those of our search attributes that the namespace
// lacks. While the namespace's attributes are unknown, it returns none.
func (c *Client) MissingAttributes(ctx context.Context) (missing []string) {
	there := c.SearchAttributes(ctx)
	if there == nil {
		return nil
	}
	for name, kind := range ours {
		if there[name] != kind {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return missing
}

// AttributeCommand returns the command with which an administrator can add one
// of our search attributes.
func (c *Client) AttributeCommand(name string) string {
	return fmt.Sprintf("temporal operator search-attribute create --namespace %s --name %s --type %s", c.Namespace, name, ours[name])
}

// lacks returns how many of our search attributes are missing.
func (c *Client) lacks() (n int) {
	for name := range ours {
		if _, there := c.attributes[name]; !there {
			n++
		}
	}
	return n
}
