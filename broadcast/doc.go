// Package broadcast stores what a broadcast reads and writes: the file of its
// recipients, and the report with the outcome for each of them.
//
// [Files] implements the activities. They read a file page by page in one pass,
// whatever its encoding and separators ([Files.ReadRecipients]). A page ends at
// a cursor: the byte offset of the next record and a checksum of all text
// before it. A worker that continues from its own last page goes straight to
// the offset. Any other worker first reads the text before the offset, to learn
// which recipients it contains and to verify the checksum.
package broadcast
