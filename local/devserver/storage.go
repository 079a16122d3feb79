package main

// The SQLite database: its file and schema, and the namespaces in it.

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/serialization"
	temporalsql "go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/common/searchattribute/sadefs"
	sqliteschema "go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long a closed workflow is kept. During that time, a start
// with its ID and REJECT_DUPLICATE is refused. Temporal's own default for a
// development server is 24 h.
const retention = 30 * 24 * time.Hour

// sqlConfig describes the database to the server. A single connection, the
// server's default for SQLite, is both safer and faster.
func sqlConfig(filename string) *config.SQL {
	cfg := &config.SQL{PluginName: sqliteplugin.PluginName, ConnectAttributes: map[string]string{}}
	if filename == "" {
		cfg.DatabaseName = "temporal"
		cfg.ConnectAttributes["mode"] = "memory"
		cfg.ConnectAttributes["cache"] = "shared"
		return cfg
	}
	cfg.DatabaseName = filename
	cfg.ConnectAttributes["mode"] = "rwc"
	// A write-ahead log that is not synced at each commit survives a crash of
	// this process, but not a power failure. It halves the time that a workflow
	// takes.
	cfg.ConnectAttributes["journal_mode"] = "wal"
	cfg.ConnectAttributes["synchronous"] = "normal"
	return cfg
}

// prepareStorage creates the schema in a new file, and makes sure that each
// namespace exists and has its search attributes. The server must not be
// running yet.
func prepareStorage(ctx context.Context, cfg *config.SQL, opts options) error {
	if opts.dbFilename != "" {
		if err := prepareFile(cfg, opts.dbFilename); err != nil {
			return err
		}
	}
	db, err := temporalsql.NewSQLDB(sqlplugin.DbKindUnknown, cfg, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer func() { _ = db.Close() }()

	for _, name := range opts.namespaces {
		if err := ensureNamespace(ctx, cfg, db, name, opts.searchAttributes); err != nil {
			return fmt.Errorf("prepare namespace %q: %w", name, err)
		}
	}
	return nil
}

func prepareFile(cfg *config.SQL, filename string) error {
	info, err := os.Stat(filename)
	if err == nil && info.Size() > 0 {
		return nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("--db-filename: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(filename), 0o755); err != nil {
		return fmt.Errorf("--db-filename: %w", err)
	}
	if err := sqliteschema.SetupSchema(cfg); err != nil {
		// Delete the file: the next start would mistake an incomplete schema
		// for a complete one.
		for _, suffix := range []string{"", "-wal", "-shm"} {
			_ = os.Remove(filename + suffix)
		}
		return fmt.Errorf("create the schema in %s: %w", filename, err)
	}
	return nil
}

// ensureNamespace creates a namespace, or adds missing search attributes to an
// existing one.
func ensureNamespace(ctx context.Context, cfg *config.SQL, db sqlplugin.DB, name string, attributes map[string]enumspb.IndexedValueType) error {
	rows, err := db.SelectFromNamespace(ctx, sqlplugin.NamespaceFilter{Name: &name})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look it up (was the file written by a different version of Temporal?): %w", err)
	}
	if len(rows) == 0 {
		namespace, err := sqliteschema.NewNamespaceConfig(clusterName, name, false, nil)
		if err != nil {
			return err
		}
		namespace.Detail.Config.Retention = durationpb.New(retention)
		if _, err := addAliases(namespace.Detail.Config.CustomSearchAttributeAliases, attributes); err != nil {
			return err
		}
		return sqliteschema.CreateNamespaces(cfg, namespace)
	}
	return updateNamespace(ctx, db, rows[0], attributes)
}

func updateNamespace(ctx context.Context, db sqlplugin.DB, row sqlplugin.NamespaceRow, attributes map[string]enumspb.IndexedValueType) error {
	encoding, err := enumspb.EncodingTypeFromString(row.DataEncoding)
	if err != nil {
		return err
	}
	serializer := serialization.NewSerializer()
	detail, err := serializer.NamespaceDetailFromBlob(&commonpb.DataBlob{Data: row.Data, EncodingType: encoding})
	if err != nil {
		return err
	}
	if detail.Config.CustomSearchAttributeAliases == nil {
		detail.Config.CustomSearchAttributeAliases = map[string]string{}
	}
	changed, err := addAliases(detail.Config.CustomSearchAttributeAliases, attributes)
	if err != nil || !changed {
		return err
	}
	blob, err := serializer.NamespaceDetailToBlob(detail)
	if err != nil {
		return err
	}
	row.Data, row.DataEncoding = blob.Data, blob.EncodingType.String()
	_, err = db.UpdateNamespace(ctx, &row)
	return err
}

// addAliases assigns a free column of the right type to each attribute that has
// none. SQLite's tables have a fixed number of columns of each type
// ("Keyword01" … "Keyword10"); a namespace maps its attributes to them.
func addAliases(aliasOf map[string]string, attributes map[string]enumspb.IndexedValueType) (changed bool, err error) {
	columns := sadefs.GetDBIndexSearchAttributes(nil).CustomSearchAttributes
	names := slices.Collect(maps.Values(aliasOf))
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		if slices.Contains(names, name) {
			continue
		}
		column := ""
		for _, candidate := range slices.Sorted(maps.Keys(columns)) {
			if _, taken := aliasOf[candidate]; !taken && columns[candidate] == attributes[name] {
				column = candidate
				break
			}
		}
		if column == "" {
			return false, fmt.Errorf("search attribute %q: no column of type %s is left", name, attributes[name])
		}
		aliasOf[column] = name
		changed = true
	}
	return changed, nil
}
