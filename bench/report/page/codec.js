// SPDX-License-Identifier: MIT
// codec.js - reads the rows of numbers that encode.h describes.

function bytesOf(text) {
    const plain = atob(text), bytes = new Uint8Array(plain.length);

    for (let i = 0; i < plain.length; i++)
        bytes[i] = plain.charCodeAt(i);
    return bytes;
}

// `count` numbers into an array of the given type.
function decodeRow(text, count, Type = Float64Array) {
    const bytes = bytesOf(text), row = new Type(count);
    let at = 0, filled = 0;

    // Numbers above 2^32 occur, so this multiplies instead of shifting.
    function number() {
        let value = 0, scale = 1, byte;

        do {
            byte = bytes[at++];
            value += (byte & 127) * scale;
            scale *= 128;
        } while (byte > 127);
        return value;
    }

    while (at < bytes.length && filled < count) {
        const head = number(), run = head % 2 ? number() + 2 : 1;

        row.fill(Math.floor(head / 2), filled, filled + run);
        filled += run;
    }
    return row;
}
