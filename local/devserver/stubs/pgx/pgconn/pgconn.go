// Package pgconn has the PostgreSQL error to which the server's plugin refers.
package pgconn

type PgError struct{ Code, Message string }

func (e *PgError) Error() string { return e.Message }
