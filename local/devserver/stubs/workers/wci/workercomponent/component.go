// Package workercomponent stands in for the package of the workflows that
// control auto-scaled workers. It registers none.
package workercomponent

import "go.uber.org/fx"

// Module provides nothing.
var Module = fx.Options()
