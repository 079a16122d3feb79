// Package pgconn has the error of PostgreSQL that the server's plugin names.
package pgconn

type PgError struct{ Code, Message string }

func (e *PgError) Error() string { return e.Message }
