package triggers

import _ "embed"

// Schema is the JSON Schema of trigger files, for editors:
//
//	# yaml-language-server: $schema=triggers.schema.json
//
//go:embed schema.json
var Schema []byte
