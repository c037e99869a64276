use nt_trace::EventKind;

use super::{counted, export, memory, run};
use crate::{
    abi::{
        GUID, UNICODE_STRING,
        registry::{KEY_VALUE_PARTIAL_INFORMATION, PLUGPLAY_REGKEY_DEVICE},
        status::{
            STATUS_BUFFER_OVERFLOW, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER,
            STATUS_OBJECT_NAME_NOT_FOUND, STATUS_SUCCESS,
        },
    },
    kernel::RegistryValue,
};

#[test]
fn dbgprint_formats_as_c_does() {
    let (result, events) = run(async move |cpu| {
        let text = memory(&cpu, b"abc\0")?.0;
        let wide = memory(&cpu, &"weit\0".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())?.0;
        let string = counted(&cpu, "counted")?.0;
        for (format, arguments) in [
            (&b"%d|%5d|%-5d|%05u\n\0"[..], [(-1_i64).cast_unsigned(), 42, 42, 42]),
            (b"%x|%#x|%08X|%llx\n\0", [0xAB, 0xAB, 0xAB, 0x1_0000_0000]),
            (b"%s|%.2s|%ws|%wZ\n\0", [text, text, wide, string]),
            (b"%c|%I64d|%hd|%%%p\n\0", [b'z'.into(), 1 << 40, 0x1_0002, 0]),
        ] {
            let format = memory(&cpu, format)?.0;
            let [a, b, c, d] = arguments;
            export(&cpu, "DbgPrint", &[format, a, b, c, d]).await?;
        }
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
    let printed: Vec<_> = events
        .iter()
        .filter_map(
            |event| if let EventKind::DebugPrint(print) = event { Some(print.text.as_ref()) } else { None },
        )
        .collect();
    let expected = [
        "-1|   42|42   |00042",
        "ab|0xab|000000AB|100000000",
        "abc|ab|weit|counted",
        "z|1099511627776|2|%null",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn guids_and_strings_are_read() {
    let (result, _) = run(async move |cpu| {
        let out = memory(&cpu, &[0; 16])?;
        let good = counted(&cpu, "{88BAE032-5A81-49f0-BC3D-A4FF138216D6}")?;
        assert_eq!(export(&cpu, "RtlGUIDFromString", &[good.0, out.0]).await?, 0);
        let guid: GUID = cpu.look().mem.read(out)?;
        assert_eq!(guid.to_string(), "{88bae032-5a81-49f0-bc3d-a4ff138216d6}");
        let bad = counted(&cpu, "{88BAE0325A81-49f0-BC3D-A4FF138216D6}")?;
        let status = export(&cpu, "RtlGUIDFromString", &[bad.0, out.0]).await?;
        assert_eq!(status, u64::from(STATUS_INVALID_PARAMETER.0));

        let ansi = memory(&cpu, &[0; 16])?;
        assert_eq!(export(&cpu, "RtlUnicodeStringToAnsiString", &[ansi.0, good.0, 1]).await?, 0);
        let string: UNICODE_STRING = cpu.look().mem.read(ansi)?;
        assert_eq!((string.Length, string.MaximumLength), (38, 39));
        export(&cpu, "RtlFreeAnsiString", &[ansi.0]).await?;
        assert!(cpu.look().mem.bytes(string.Buffer, 1).is_err(), "the buffer is freed");
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn a_registry_value_comes_in_the_size_that_fits() {
    let (result, _) = run(async move |cpu| {
        let pdo = super::device(&mut cpu.k(), "bus", nt_trace::event::Actor::Below, super::obliging())?;
        let key = cpu.k().io.registry.keys.entry((pdo, PLUGPLAY_REGKEY_DEVICE)).or_default().clone();
        assert!(key.is_empty());
        let value = RegistryValue::dword(0x1234_5678);
        cpu.k()
            .io
            .registry
            .keys
            .entry((pdo, PLUGPLAY_REGKEY_DEVICE))
            .or_default()
            .insert("timeout".into(), value);
        let out = memory(&cpu, &[0; 8])?;
        let kind = u64::from(PLUGPLAY_REGKEY_DEVICE);
        assert_eq!(export(&cpu, "IoOpenDeviceRegistryKey", &[pdo.0, kind, 0x2_0019, out.0]).await?, 0);
        let handle: u64 = cpu.look().mem.read(out)?;
        let (name, other) = (counted(&cpu, "Timeout")?.0, counted(&cpu, "None")?.0);
        let (buffer, needed) = (memory(&cpu, &[0; 16])?, memory(&cpu, &[0; 4])?.0);
        let class = u64::from(KEY_VALUE_PARTIAL_INFORMATION);
        for (name, length, status) in [
            (name, 16, STATUS_SUCCESS),
            (name, 14, STATUS_BUFFER_OVERFLOW),
            (name, 11, STATUS_BUFFER_TOO_SMALL),
            (other, 16, STATUS_OBJECT_NAME_NOT_FOUND),
        ] {
            let arguments = [handle, name, class, buffer.0, length, needed];
            assert_eq!(export(&cpu, "ZwQueryValueKey", &arguments).await?, u64::from(status.0), "{length}");
        }
        assert_eq!(cpu.look().mem.read::<u32>(buffer.add(12))?, 0x1234_5678);
        assert_eq!(export(&cpu, "ZwClose", &[handle]).await?, 0);
        assert!(cpu.k().check_leaks().is_empty());
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn the_c_run_time_compares_and_cuts() {
    let (result, _) = run(async move |cpu| {
        let text = memory(&cpu, b"Device\0")?;
        let (same, less) = (memory(&cpu, b"Device\0")?.0, memory(&cpu, b"Devic\0")?.0);
        assert_eq!(export(&cpu, "strcmp", &[text.0, same]).await?, 0);
        assert_eq!(export(&cpu, "strcmp", &[text.0, less]).await?, 1);
        assert_eq!(export(&cpu, "strncmp", &[less, text.0, 5]).await?, 0);
        assert_eq!(export(&cpu, "strncmp", &[less, text.0, 6]).await?, u64::MAX);
        assert_eq!(export(&cpu, "strchr", &[text.0, b'i'.into()]).await?, text.0 + 3);
        assert_eq!(export(&cpu, "strchr", &[text.0, b'x'.into()]).await?, 0);
        let part = memory(&cpu, b"vice\0")?.0;
        assert_eq!(export(&cpu, "strstr", &[text.0, part]).await?, text.0 + 2);
        assert_eq!(export(&cpu, "_strlwr", &[text.0]).await?, text.0);
        assert_eq!(cpu.look().c_string(text)?, b"device");
        let (buffer, format) = (memory(&cpu, &[0xCD; 4])?, memory(&cpu, b"%d\0")?.0);
        for (value, length, content) in
            [(12, 2, *b"12\0\xCD"), (1234, 4, *b"1234"), (12345, u64::MAX, *b"1234")]
        {
            cpu.k().mem.write(buffer, &[0xCD_u8; 4])?;
            assert_eq!(export(&cpu, "_snprintf", &[buffer.0, 4, format, value]).await?, length);
            assert_eq!(cpu.look().mem.bytes(buffer, 4)?, content);
        }
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}

#[test]
fn a_list_of_interfaces_ends_with_an_empty_one() {
    let (result, _) = run(async move |cpu| {
        let pdo = super::device(&mut cpu.k(), "bus", nt_trace::event::Actor::Below, super::obliging())?;
        let class = memory(&cpu, &[7; 16])?.0;
        let (string, out) = (memory(&cpu, &[0; 16])?, memory(&cpu, &[0; 8])?);
        assert_eq!(export(&cpu, "IoRegisterDeviceInterface", &[pdo.0, class, 0, string.0]).await?, 0);
        let mut sizes = Vec::new();
        for enable in [0, 1] {
            export(&cpu, "IoSetDeviceInterfaceState", &[string.0, enable]).await?;
            assert_eq!(export(&cpu, "IoGetDeviceInterfaces", &[class, 0, 0, out.0]).await?, 0);
            let list: crate::mem::Addr = cpu.look().mem.read(out)?;
            sizes.push(cpu.look().pool.blocks.get(&list).map_or(0, |block| block.size));
            export(&cpu, "ExFreePool", &[list.0]).await?;
        }
        let link: UNICODE_STRING = cpu.look().mem.read(string)?;
        assert_eq!(sizes, [2, u64::from(link.Length) + 4]);
        Ok(())
    });
    assert!(matches!(result, Ok(Some(()))), "{result:?}");
}
