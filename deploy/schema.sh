#!/bin/sh
# Creates Temporal's two databases, or upgrades them to the version of the
# tools. It can be run again at any time. SQL_* say where the server is.
set -eu

SQL_PASSWORD=$(cat "$SQL_PASSWORD_FILE")
export SQL_PASSWORD

# prepare DATABASE SCHEMA
prepare() {
  temporal-sql-tool --database "$1" create-database
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-name "postgresql/v12/$2"
}

prepare temporal temporal
prepare temporal_visibility visibility
