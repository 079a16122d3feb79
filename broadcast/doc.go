// Package broadcast stores what a broadcast reads and writes: the file of its
// recipients, and the report of what became of each.
//
// [Files] implements the activities. They read a file in one pass, whatever its
// encoding and separators ([Files.ReadRecipients]), page by page. A page ends
// at a cursor: the byte offset of the next record, and a checksum of all text
// before it. A worker that continues from its own last page goes straight to
// the offset. Any other worker first reads the text before it, to learn which
// recipients it contains and to verify the checksum.
package broadcast
