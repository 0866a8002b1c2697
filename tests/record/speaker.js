// SPDX-License-Identifier: GPL-2.0-or-later
// Sends on a WebSocket and prints each message as one line of JSON, so that the truth of a
// capture is what an application handed to its library, not what a dissector made of it.

export function print(message) {
  console.log(JSON.stringify({ time: performance.timeOrigin + performance.now(), ...message }));
}

export class Speaker {
  // direction: who speaks, "client" or "server".
  constructor(socket, direction) {
    this.socket = socket;
    this.print = (type, fields) => print({ stream: 0, direction, type, ...fields });
    socket.on('ping', (data) => this.pong(data));
  }

  text(text, options) {
    this.print('text', { text });
    this.socket.send(text, options);
  }

  binary(data, options) {
    this.print('binary', { hex: Buffer.from(data).toString('hex') });
    this.socket.send(data, options);
  }

  // One message in several frames; between() runs after the first, to interleave a control frame.
  fragments(pieces, between = () => {}) {
    this.print('text', { text: pieces.join(''), frames: pieces.length });
    pieces.forEach((piece, i) => {
      this.socket.send(piece, { fin: i === pieces.length - 1 });
      if (i === 0) between();
    });
  }

  ping(data = '') {
    this.print('ping', { hex: Buffer.from(data).toString('hex') });
    this.socket.ping(data);
  }

  pong(data = '') {
    this.print('pong', { hex: Buffer.from(data).toString('hex') });
    this.socket.pong(data);
  }

  close(code, reason) {
    this.print('close', { code, reason });
    this.socket.close(code, reason);
  }
}

// The same words on every run; they compress as prose does.
export function words(length) {
  const vocabulary = 'wave tide harbour anchor sail rope keel mast current buoy gull storm'.split(' ');
  let seed = 6455, text = '';
  while (text.length < length) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    text += vocabulary[(seed >> 16) % vocabulary.length] + ' ';
  }
  return text.slice(0, length);
}

// The same noise on every run; it does not compress.
export function noise(length) {
  let seed = 7692;
  return Uint8Array.from({ length }, () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return (seed >> 16) & 0xff;
  });
}
