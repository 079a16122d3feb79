package temporal

// Search attributes that our workflows use.

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"

	"temporal-twilio/workflows"
)

// EnsureSearchAttributes adds the search attributes of our workflows to the
// namespace, unless it has them. Where this is not permitted an administrator
// does it: temporal operator search-attribute create --name SmsCatches --type
// KeywordList.
func EnsureSearchAttributes(ctx context.Context, c *Client) error {
	_, err := c.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace:        c.Namespace,
		SearchAttributes: map[string]enumspb.IndexedValueType{workflows.CatchesAttribute: enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST},
	})
	if exists := (*serviceerror.AlreadyExists)(nil); err != nil && !errors.As(err, &exists) {
		return fmt.Errorf("add the search attribute %s to namespace %s: %w", workflows.CatchesAttribute, c.Namespace, err)
	}
	return nil
}
