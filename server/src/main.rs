//! Starts the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    match server::launch::launch(std::env::args_os().skip(1)) {
        Ok(launched) => server::serve::serve(launched),
        Err(ended) => ended.report(),
    }
}
