// Package pgconn has the PostgreSQL error type that the server's plugin refers
// to.
package pgconn

type PgError struct{ Code, Message string }

func (e *PgError) Error() string { return e.Message }
