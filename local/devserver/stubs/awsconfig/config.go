// Package config stands in for the package of the AWS SDK that reads
// credentials, which Temporal uses for S3 and OpenSearch. Every call fails.
package config

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var errLeftOut = errors.New("this server cannot use Amazon's services")

// The types to which the server's packages refer.
type (
	EnvConfig       struct{ Credentials aws.Credentials }
	LoadOptions     struct{}
	LoadOptionsFunc func(*LoadOptions) error
)

func NewEnvConfig() (EnvConfig, error) { return EnvConfig{}, errLeftOut }

func LoadDefaultConfig(context.Context, ...LoadOptionsFunc) (aws.Config, error) {
	return aws.Config{}, errLeftOut
}

func WithRegion(string) LoadOptionsFunc                   { return nil }
func WithClientLogMode(aws.ClientLogMode) LoadOptionsFunc { return nil }
