//! `lobe-gateway new`: a plugin that builds, and passes its own tests, at once.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use super::arguments::NewOptions;

/// What is written where.
const TEMPLATE: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.in")),
    (".gitignore", include_str!("template/gitignore.in")),
    ("README.md", include_str!("template/README.md.in")),
    ("src/lib.rs", include_str!("template/lib.rs.in")),
    ("src/main.rs", include_str!("template/main.rs.in")),
    ("tests/plugin.rs", include_str!("template/plugin.rs.in")),
];

/// Writes the plugin, and says how to go on.
pub(super) fn run(options: &NewOptions) -> Result<(), Box<dyn Error>> {
    let NewOptions { name, folder, checkout } = options;
    let folder = folder.clone().unwrap_or_else(|| PathBuf::from(name));
    if fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(format!("{} is there already, and not empty", folder.display()).into());
    }
    let checkout = match checkout {
        Some(folder) if !is_checkout(folder) => {
            return Err(format!("{} is no checkout of lobe-plugin-rs", folder.display()).into());
        }
        Some(folder) => Some(folder.canonicalize()?),
        None => own_checkout(),
    };
    for (file, text) in TEMPLATE {
        write(&folder.join(file), &fill_in(text, name, checkout.as_deref()))?;
    }
    print!("{}", farewell(name, &folder, checkout.as_deref()));
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    let explain = |error| format!("cannot write {}: {error}", file.display());
    file.parent().map_or(Ok(()), fs::create_dir_all).map_err(explain)?;
    fs::write(file, text).map_err(explain)
}

fn fill_in(text: &str, name: &str, checkout: Option<&Path>) -> String {
    text.replace("{{name}}", name)
        .replace("{{crate}}", &name.replace('-', "_"))
        .replace("{{title}}", &title(name))
        .replace("{{dependencies}}", &dependencies(checkout))
}

/// Makes a title of a name: `my-dice` is My Dice.
fn title(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_uppercase())
    };
    name.split(['-', '_']).filter(|word| !word.is_empty()).map(word).collect::<Vec<_>>().join(" ")
}

/// Names the crates: by path where this program was built from their sources, since what it was built from is what fits
/// it; else by this program's own version.
fn dependencies(checkout: Option<&Path>) -> String {
    let line = |package: &str, folder: &str| match checkout {
        // Only Windows has backslashes in paths, and TOML takes them in single quotes as they are.
        Some(checkout) => format!("{package} = {{ path = '{}' }}", checkout.join(folder).display()),
        None => format!("{package} = \"{}\"", env!("CARGO_PKG_VERSION")),
    };
    [line("lobe-plugin-gateway", "gateway"), line("lobe-plugin-sdk", "sdk")].join("\n")
}

/// Returns the checkout that this program was built in, when it was not installed.
fn own_checkout() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    program.ancestors().find(|folder| is_checkout(folder)).map(Path::to_owned)
}

fn is_checkout(folder: &Path) -> bool {
    let names = |file: &str, package: &str| {
        fs::read_to_string(folder.join(file))
            .is_ok_and(|text| text.contains(&format!("name = \"{package}\"")))
    };
    names("sdk/Cargo.toml", "lobe-plugin-sdk") && names("gateway/Cargo.toml", "lobe-plugin-gateway")
}

fn farewell(name: &str, folder: &Path, checkout: Option<&Path>) -> String {
    let by = match checkout {
        Some(checkout) => format!(", with the crates of {}", checkout.display()),
        None => String::new(),
    };
    format!(
        "{name} is in {}{by}\n\n  cd {0}\n  cargo test\n  lobe-gateway dev -- cargo run\n\nIts functions are in src/lib.rs.\n",
        folder.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_fill_in() {
        for (file, text) in TEMPLATE {
            for checkout in [None, Some(Path::new("/checkout"))] {
                let text = fill_in(text, "my-dice", checkout);
                assert!(!text.contains("{{"), "{file}: {text}");
            }
        }
    }

    #[test]
    fn names_are_spelt_for_people_and_for_rust() {
        assert_eq!(title("my-dice_2"), "My Dice 2");
        assert_eq!(fill_in("{{crate}}", "my-dice", None), "my_dice");
    }

    #[test]
    fn crates_are_named_by_version_or_by_path() {
        let version = env!("CARGO_PKG_VERSION");
        assert!(dependencies(None).contains(&format!("lobe-plugin-sdk = \"{version}\"")));
        assert!(
            dependencies(Some(Path::new("/c"))).contains("lobe-plugin-gateway = { path = '/c/gateway' }")
        );
    }
}
