//! Completion scripts that ask for names too.

use std::collections::BTreeSet;
use std::fmt::Write;

use clap::Command;
use clap_complete::Shell;

use super::words::asked;
use crate::cli::args::Cli;

// bash takes words apart at : = and @ too. What stands together in the line is put together again, and of a name only what
// comes behind the last of these is given back.
const BASH: &str = r#"
_novacron_names() {
    local name word rest trimmed cut at
    local -a names=() words=()
    rest=$COMP_LINE
    for ((at = 0; at <= COMP_CWORD; at++)); do
        word=${COMP_WORDS[at]}
        trimmed=${rest#"${rest%%[![:blank:]]*}"}
        if ((at)) && [[ $trimmed == "$rest" ]]; then
            words[${#words[@]}-1]+=$word
        else
            words+=("$word")
        fi
        rest=${trimmed#"$word"}
    done
    cut=${words[${#words[@]}-1]}
    case $word in
        : | = | @) ;;
        *) cut=${cut%"$word"} ;;
    esac
    while IFS= read -r name; do
        [[ $name == "$cut"* ]] && names+=("${name#"$cut"}")
    done < <("${COMP_WORDS[0]}" __complete bash -- "${words[@]}" 2>/dev/null)
    if ((${#names[@]})); then
        COMPREPLY=("${names[@]}")
    else
        _novacron "$@"
    fi
}
complete -F _novacron_names -o bashdefault -o default novacron
"#;

const ZSH: &str = r#"
functions[_novacron_words]=$functions[_novacron]
_novacron() {
    local -a names
    names=("${(@f)$("${words[1]}" __complete zsh -- "${(@)words[1,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${names[1]}" ]]; then
        compadd -a names
    else
        _novacron_words "$@"
    fi
}

"#;

const FISH: &str = r"
function __fish_novacron_names
    set -g __fish_novacron_found (novacron __complete fish -- (commandline -opc) (commandline -ct) 2>/dev/null)
    test (count $__fish_novacron_found) -gt 0
end
complete -c novacron -n __fish_novacron_names -f -a '$__fish_novacron_found'
";

/// Where clap's script for zsh ends with running or announcing its function.
const ZSH_END: &str = "if [ \"$funcstack[1]\"";

/// The script with names. Of shells that are asked in no such way it stays as it is.
pub(in crate::cli) fn with_names(shell: Shell, script: &str) -> String {
    match shell {
        Shell::Bash => format!("{script}{BASH}"),
        Shell::Fish => format!("{script}{FISH}{}", of_options()),
        Shell::Zsh => match script.rfind(ZSH_END) {
            Some(end) => [&script[..end], ZSH, &script[end..]].concat(),
            None => script.to_owned(),
        },
        _ => script.to_owned(),
    }
}

/// fish asks nobody else about the value of an option than who announced that option.
fn of_options() -> String {
    let definition = Cli::definition();
    let mut found = BTreeSet::new();
    options(&definition, &definition, &mut vec![definition.get_name().to_owned()], &mut found);
    found.iter().fold(String::new(), |mut out, option| {
        let _ = writeln!(
            out,
            "complete -c novacron -n __fish_novacron_names -l {option} -x -a '$__fish_novacron_found'"
        );
        out
    })
}

/// The options of a command, and of those below it, whose values are names.
fn options(definition: &Command, command: &Command, path: &mut Vec<String>, found: &mut BTreeSet<String>) {
    for option in command.get_opts().filter_map(|o| o.get_long()) {
        let line = [path.as_slice(), &[format!("--{option}"), String::new()]].concat();
        if asked(definition, Shell::Fish, &line).is_some() {
            found.insert(option.to_owned());
        }
    }
    for below in command.get_subcommands() {
        path.push(below.get_name().to_owned());
        options(definition, below, path, found);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(shell: Shell) -> String {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Cli::definition(), "novacron", &mut script);
        with_names(shell, &String::from_utf8(script).unwrap())
    }

    #[test]
    fn every_shell_that_can_asks_for_names() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            assert_eq!(script.matches(&format!("__complete {shell} -- ")).count(), 1, "{shell}");
        }
        let fish = script(Shell::Fish);
        for option in ["template", "pool", "network", "backing"] {
            assert!(fish.contains(&format!("_names -l {option} -x")), "{option}");
        }
        let zsh = script(Shell::Zsh);
        assert!(zsh.find("_novacron_words]").unwrap() < zsh.rfind(ZSH_END).unwrap());
        assert!(!script(Shell::PowerShell).contains("__complete "));
    }
}
