//! `synergy-guest-seal IN OUT`: seals a linked guest.

use anyhow::{Context, Result, bail};

mod body;
mod kernel;
mod module;
mod points;
#[cfg(test)]
mod tests;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        bail!("usage: synergy-guest-seal IN OUT");
    };
    let linked = std::fs::read(input).with_context(|| format!("reading {input}"))?;
    let sealed = module::seal(&linked)?;
    std::fs::write(output, sealed).with_context(|| format!("writing {output}"))
}
