// Package pgx stands in for the PostgreSQL driver, because this server stores
// everything in SQLite.
package pgx

import "errors"

// The types to which the server's plugin for PostgreSQL refers.
type (
	ConnConfig struct{}
	Conn       struct{}
	TypeMap    struct{}
)

// ParseConfig fails, so that no connection is ever opened.
func ParseConfig(string) (*ConnConfig, error) {
	return nil, errors.New("this server stores nothing in PostgreSQL")
}

func (*Conn) TypeMap() *TypeMap { return nil }

func (*TypeMap) RegisterDefaultPgType(any, string) {}
