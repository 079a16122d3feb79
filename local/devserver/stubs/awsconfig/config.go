// Package config stands in for Amazon's library for its credentials, which
// Temporal needs for S3 and OpenSearch: every use fails.
package config

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
)

var errLeftOut = errors.New("this server cannot use Amazon's services")

// What the server's packages name.
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
