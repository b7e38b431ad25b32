//! A server of one client: it reads a line, answers it, and runs until its input ends.

mod app;

use std::io::{self, BufRead, Write};

use app::App;

fn main() -> io::Result<()> {
    let mut app = App::new();
    let mut input = io::stdin().lock();
    let mut output = io::stdout().lock();
    let mut line = String::new();
    loop {
        line.clear();
        if input.read_line(&mut line)? == 0 {
            return Ok(());
        }
        writeln!(output, "{}", app.answer(&line))?;
        output.flush()?;
    }
}
