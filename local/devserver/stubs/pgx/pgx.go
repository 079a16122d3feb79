// Package pgx stands in for the PostgreSQL driver, because this server stores
// everything in SQLite.
package pgx

import "errors"

// The types that the server's PostgreSQL plugin refers to.
type (
	ConnConfig struct{}
	Conn       struct{}
	TypeMap    struct{}
)

// ParseConfig always fails, so no connection is ever opened.
func ParseConfig(string) (*ConnConfig, error) {
	return nil, errors.New("this server stores nothing in PostgreSQL")
}

func (*Conn) TypeMap() *TypeMap { return nil }

func (*TypeMap) RegisterDefaultPgType(any, string) {}
