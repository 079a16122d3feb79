// Package broadcast keeps what a broadcast reads and writes in a store: the file
// of its recipients, and the report on what became of each.
//
// [Files] has the activities. They read a file in one pass, whatever its
// encoding and its separators ([Files.ReadRecipients]), page by page. A page ends
// at a cursor: the byte offset of the next record, and a checksum of all text
// before it. A worker that reads on from its own last page goes straight to the
// offset; any other reads the text before it once, to know who is in it, and
// finds out by the checksum if it is still the same text.
package broadcast
