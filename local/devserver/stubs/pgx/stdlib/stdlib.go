// Package stdlib stands in for the PostgreSQL driver for database/sql.
package stdlib

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
)

type OptionOpenDB struct{}

// GetConnector is never called, because pgx.ParseConfig fails first.
func GetConnector(pgx.ConnConfig, ...OptionOpenDB) driver.Connector { return nil }

func OptionAfterConnect(func(context.Context, *pgx.Conn) error) OptionOpenDB { return OptionOpenDB{} }

func GetDefaultDriver() driver.Driver { return nil }
