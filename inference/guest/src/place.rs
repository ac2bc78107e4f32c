//! Which node tract is busy with, so that a refusal, panic or trap can name it.

use std::cell::{Cell, RefCell};
use std::fmt::{self, Display, Write};

use tract_onnx::prelude::*;

thread_local! {
    static TEXT: RefCell<String> = const { RefCell::new(String::new()) };
    static STEP: Cell<Option<usize>> = const { Cell::new(None) };
}

/// How tract's analysis begins the trace record that names a node. Nothing else
/// in it knows the node when the rules of an operator panic.
const RECORD: &str = "Starting step for ";

struct Watcher;

/// Watches tract's analysis until [`set`] is called.
pub(crate) fn watch_analysis() {
    // A second call finds the logger in place.
    let _ = log::set_logger(&Watcher);
    log::set_max_level(log::LevelFilter::Trace);
}

/// Says what is being done, in place of what analysis would.
pub(crate) fn set(place: impl Display) {
    log::set_max_level(log::LevelFilter::Off);
    TEXT.with_borrow_mut(|text| {
        text.clear();
        // Writing to a string does not fail.
        let _ = write!(text, "{place}");
    });
}

/// Says which node of the plan runs; cheap, its text is made by [`text`].
pub(crate) fn step(node: usize) {
    STEP.set(Some(node));
}

/// The node, as tract shows it: number, name and operator. Empty between nodes.
pub(crate) fn text(plan: Option<&TypedRunnableModel>) -> String {
    match (STEP.get(), plan) {
        (Some(step), Some(plan)) => plan.model().nodes().get(step).map(ToString::to_string).unwrap_or_default(),
        _ => TEXT.with_borrow(Clone::clone),
    }
}

impl log::Log for Watcher {
    fn enabled(&self, record: &log::Metadata<'_>) -> bool {
        record.level() == log::Level::Trace && record.target() == "tract_hir::infer::analyser"
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            // An error ends the formatting of other records early.
            let _ = TEXT.with_borrow_mut(|text| fmt::write(&mut Naming { text, begun: false }, *record.args()));
        }
    }

    fn flush(&self) {}
}

/// Takes a record that begins with [`RECORD`], and stops the formatting of any
/// other before it costs anything.
struct Naming<'a> {
    text: &'a mut String,
    begun: bool,
}

impl Write for Naming<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        if self.begun {
            self.text.push_str(part);
            return Ok(());
        }
        if part != RECORD {
            return Err(fmt::Error);
        }
        self.begun = true;
        self.text.clear();
        Ok(())
    }
}
