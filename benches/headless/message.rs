//! Reads the message of a transaction, as a server does.

use std::io::BufRead;

/// Reads up to the line with a single dot, and returns how many octets that were.
pub fn read(reader: &mut impl BufRead) -> u64 {
    let mut tail = [0_u8; 5];
    let mut octets = 0;
    while &tail != b"\r\n.\r\n" {
        let chunk = reader.fill_buf().unwrap();
        let count = chunk.len();
        assert!(count > 0, "the message ended without its dot");
        let keep = count.min(5);
        tail.rotate_left(keep);
        tail[5 - keep..].copy_from_slice(&chunk[count - keep..]);
        reader.consume(count);
        octets += count as u64;
    }
    octets
}
