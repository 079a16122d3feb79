// Package broadcast reads the recipient file of a broadcast, and writes the
// report with the outcome for each recipient.
//
// [Files] implements the activities. They read a file page by page in one pass,
// whatever its encoding and separators ([Files.ReadRecipients]). A page ends at
// a cursor, which contains the byte offset of the next record and a checksum of
// all text before it. A worker that continues from a page that it has just read
// starts at the offset. Any other worker first reads the text before the
// offset, to learn which recipients it contains and to verify the checksum.
package broadcast
