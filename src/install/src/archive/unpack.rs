//! Unpacking of each format.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::Format;
use super::tree::Tree;
use crate::error::{FetchError, Fetched};

/// Unpacks an archive into a directory.
pub(crate) fn unpack(archive: &Path, format: Format, directory: &Path) -> Fetched<()> {
    let file = BufReader::new(File::open(archive).map_err(FetchError::at(archive))?);
    let mut tree = Tree::new(directory)?;
    match format {
        Format::Zip => unpack_zip(file, &mut tree)?,
        Format::Tar => unpack_tar(file, &mut tree)?,
        Format::TarGz => unpack_tar(flate2::read::MultiGzDecoder::new(file), &mut tree)?,
        Format::TarBz2 => unpack_tar(bzip2::read::MultiBzDecoder::new(file), &mut tree)?,
        Format::TarXz => unpack_tar(lzma_rust2::XzReader::new(file, true), &mut tree)?,
    }
    tree.finish()
}

fn broken(error: impl std::fmt::Display) -> FetchError {
    FetchError::Archive(error.to_string())
}

fn unpack_zip(file: BufReader<File>, tree: &mut Tree) -> Fetched<()> {
    let mut archive = zip::ZipArchive::new(file).map_err(broken)?;
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(broken)?;
        let path = PathBuf::from(entry.name());
        if entry.is_dir() {
            tree.directory(&path)?;
        } else if entry.is_symlink() {
            let mut target = String::new();
            entry.by_ref().take(4096).read_to_string(&mut target).map_err(broken)?;
            tree.link(&path, Path::new(&target))?;
        } else {
            let mode = entry.unix_mode();
            tree.file(&path, mode, &mut entry)?;
        }
    }
    Ok(())
}

fn unpack_tar(content: impl Read, tree: &mut Tree) -> Fetched<()> {
    let mut archive = tar::Archive::new(content);
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let target = entry.link_name().map_err(broken)?.map(std::borrow::Cow::into_owned);
        match (entry.header().entry_type(), target) {
            (tar::EntryType::Directory, _) => tree.directory(&path)?,
            (tar::EntryType::Regular | tar::EntryType::Continuous | tar::EntryType::GNUSparse, _) => {
                let mode = entry.header().mode().ok();
                tree.file(&path, mode, &mut entry)?;
            }
            (tar::EntryType::Symlink, Some(target)) => tree.link(&path, &target)?,
            (tar::EntryType::Link, Some(target)) => tree.copy(&path, &target)?,
            // What says something about the archive, not a file of it.
            (tar::EntryType::XGlobalHeader | tar::EntryType::XHeader, _) => {}
            _ => return Err(FetchError::Archive(format!("its entry `{}` is no file", path.display()))),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use std::io::Write;

    /// The same files as `.tar.xz`, which is only read here.
    const XZ: &str = "/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AH1dADaLyaZUEuEv5OJW1NlAeXuh35arWRd20At0F9JMAv5pT9Wu59GplH41M6Fj\
                      BDoUuu4PNjfHdjRUKVMG7vML3oGafl8wbliADHE+2HczmOUgK//AMA3MGyJg5H/oZWfl3xNvZGRgJlm9sBk73MnMQ01OjedRZYTi\
                      sawTLkoAAAAAAMmcfs4reTQcAAGZAYBQAABtIrlFscRn+wIAAAAABFla";

    const FILES: [(&str, &str); 2] = [("m/main.tf", "# main\n"), ("m/modules/a/a.tf", "# a\n")];

    fn tar_of(add: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        add(&mut builder);
        builder.into_inner().unwrap()
    }

    fn plain() -> Vec<u8> {
        tar_of(|builder| {
            for (path, text) in FILES {
                add(builder, path, tar::EntryType::Regular, "", text);
            }
            add(builder, "m/link", tar::EntryType::Symlink, "modules/a", "");
            add(builder, "m/copy.tf", tar::EntryType::Link, "m/main.tf", "");
        })
    }

    fn add(builder: &mut tar::Builder<Vec<u8>>, path: &str, r#type: tar::EntryType, target: &str, text: &str) {
        let mut header = tar::Header::new_ustar();
        // Written as bytes, since the library refuses what is tested here.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(r#type);
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        builder.append(&header, text.as_bytes()).unwrap();
    }

    fn unpacked(bytes: &[u8], format: Format) -> (tempfile::TempDir, Fetched<()>) {
        let place = tempfile::tempdir().unwrap();
        let archive = place.path().join("archive");
        std::fs::write(&archive, bytes).unwrap();
        let outcome = unpack(&archive, format, &place.path().join("out"));
        (place, outcome)
    }

    #[track_caller]
    fn check(bytes: &[u8], format: Format) {
        let (place, outcome) = unpacked(bytes, format);
        outcome.unwrap();
        for (path, text) in FILES {
            assert_eq!(std::fs::read_to_string(place.path().join("out").join(path)).unwrap(), text);
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip_of(link: Option<&str>, names: &[&str]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for (name, (_, text)) in names.iter().zip(FILES.iter().cycle()) {
            writer.start_file(*name, options).unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        if let Some(target) = link {
            writer.add_symlink("link", target, options).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn every_format_unpacks() {
        check(&plain(), Format::Tar);
        check(&gzip(&plain()), Format::TarGz);
        let mut bzip2 = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        bzip2.write_all(&plain()).unwrap();
        check(&bzip2.finish().unwrap(), Format::TarBz2);
        check(&base64::engine::general_purpose::STANDARD.decode(XZ).unwrap(), Format::TarXz);
        check(&zip_of(None, &[FILES[0].0, FILES[1].0]), Format::Zip);
    }

    #[test]
    fn links_inside_are_kept() {
        let (place, outcome) = unpacked(&plain(), Format::Tar);
        outcome.unwrap();
        let root = place.path().join("out/m");
        assert_eq!(std::fs::read_to_string(root.join("link/a.tf")).unwrap(), "# a\n");
        assert_eq!(std::fs::read_to_string(root.join("copy.tf")).unwrap(), "# main\n");
    }

    #[test]
    fn nothing_is_written_outside() {
        type Entry = (&'static str, tar::EntryType, &'static str);
        let cases: [&[Entry]; 7] = [
            &[("../evil", tar::EntryType::Regular, "")],
            &[("/evil", tar::EntryType::Regular, "")],
            &[("a/../../evil", tar::EntryType::Regular, "")],
            &[("link", tar::EntryType::Symlink, "/etc")],
            &[("a/link", tar::EntryType::Symlink, "../../x")],
            &[("y", tar::EntryType::Symlink, "."), ("x", tar::EntryType::Symlink, "y/..")],
            &[("copy", tar::EntryType::Link, "../secret")],
        ];
        for entries in cases {
            let bytes =
                tar_of(|builder| entries.iter().for_each(|(path, r#type, to)| add(builder, path, *r#type, to, "")));
            let (place, outcome) = unpacked(&bytes, Format::Tar);
            assert!(outcome.is_err(), "{entries:?}");
            assert!(!place.path().join("evil").exists(), "{entries:?}");
        }
        assert!(unpacked(&zip_of(None, &["../evil"]), Format::Zip).1.is_err());
        assert!(unpacked(&zip_of(Some("../.."), &["a"]), Format::Zip).1.is_err());
        assert!(unpacked(b"no archive", Format::Zip).1.is_err());
        assert!(unpacked(b"no archive", Format::TarXz).1.is_err());
    }
}
