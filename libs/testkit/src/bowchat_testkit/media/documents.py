"""PDFs with secrets in every place that is not the page, and in some that are."""

import io
from collections.abc import Callable

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, String

from bowchat_testkit.media.pictures import drawing, exif, profile, saved
from bowchat_testkit.media.secrets import NAME, NUMBER, RAW, SECRET

SAYS = "The windscreen is broken"
"""What every page says."""


def pdfs() -> dict[str, bytes]:
    """By name."""
    made = {f"{change.__name__.strip('_')}.pdf": _made(change) for change in _CHANGES}
    plain = _made(_nothing)
    info = _made(_info)
    return {
        **made,
        "update.pdf": info + b"\n" + _made(_annotation),
        "trailing.pdf": plain + RAW,
        "all.pdf": _made(*_CHANGES),
        "locked.pdf": _made(_info, encryption=pikepdf.Encryption(user="x", owner="y")),
        "owner-locked.pdf": _made(_info, encryption=pikepdf.Encryption(user="", owner="y")),
        "cut.pdf": info[: len(info) // 3],
    }


def typed(text: str) -> bytes:
    """A page that says this."""

    def change(pdf: Pdf) -> None:
        pdf.pages[0].obj.Contents = pdf.make_stream(_shown(text))

    return _made(change)


def _made(*changes: Callable[[Pdf], None], encryption: pikepdf.Encryption | None = None) -> bytes:
    with Pdf.new() as pdf:
        pdf.add_blank_page(page_size=(300, 300))
        font = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
        pdf.pages[0].obj.Resources = Dictionary(Font=Dictionary(F1=pdf.make_indirect(font)))
        pdf.pages[0].obj.Contents = pdf.make_stream(_shown(SAYS))
        for change in changes:
            change(pdf)
        out = io.BytesIO()
        pdf.save(out, encryption=encryption or False)
    return out.getvalue()


def _shown(text: str) -> bytes:
    return f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode()


def _nothing(_: Pdf) -> None:
    return


def _info(pdf: Pdf) -> None:
    pdf.docinfo["/Author"] = SECRET
    pdf.docinfo["/Asha"] = NUMBER


def _xmp(pdf: Pdf) -> None:
    with pdf.open_metadata() as metadata:
        metadata["dc:title"] = SECRET


def _annotation(pdf: Pdf) -> None:
    link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), Contents=String(SECRET))
    link.A = Dictionary(S=Name.URI, URI=String(f"tel:{NUMBER}"))
    pdf.pages[0].obj.Annots = Array([pdf.make_indirect(link)])


def _attachment(pdf: Pdf) -> None:
    pdf.attachments["asha.txt"] = RAW


def _javascript(pdf: Pdf) -> None:
    script = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{SECRET}')"))
    pdf.Root.OpenAction = script
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String(NAME), pdf.make_indirect(script)])))
    pdf.pages[0].obj.AA = Dictionary(O=script)


def _form(pdf: Pdf) -> None:
    field = pdf.make_indirect(
        Dictionary(FT=Name.Tx, T=String(NAME), V=String(SECRET), Type=Name.Annot, Subtype=Name.Widget)
    )
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]))
    pdf.pages[0].obj.Annots = Array([field])


def _outlines(pdf: Pdf) -> None:
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(SECRET, 0))


def _structure(pdf: Pdf) -> None:
    element = Dictionary(Type=Name.StructElem, S=Name.P, Alt=String(SECRET), ActualText=String(SECRET))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=pdf.make_indirect(element))
    pdf.pages[0].obj.StructParents = 0


def _layers(pdf: Pdf) -> None:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(SECRET)))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=Dictionary())
    pdf.pages[0].obj.Resources.Properties = Dictionary(Asha=layer)


def _page_pieces(pdf: Pdf) -> None:
    page = pdf.pages[0].obj
    page.PieceInfo = Dictionary(Asha=Dictionary(Private=String(SECRET), LastModified=String("D:20261122")))
    page.LastModified = String("D:20261122")
    page.Thumb = pdf.make_stream(saved(drawing(), "JPEG", comment=RAW))
    page.AshaKey = String(SECRET)
    page.Metadata = pdf.make_stream(RAW)


def _content_comment(pdf: Pdf) -> None:
    pdf.pages[0].obj.Contents = pdf.make_stream(b"% " + RAW + b"\n" + _shown(SAYS))


def _marked_content(pdf: Pdf) -> None:
    marked = f"/Span <</ActualText ({SECRET}) /Alt ({SECRET})>> BDC {_shown(SAYS).decode()} EMC"
    pdf.pages[0].obj.Contents = pdf.make_stream(marked.encode())


def _image(pdf: Pdf) -> None:
    picture = pdf.make_stream(saved(drawing(), "JPEG", exif=exif(), comment=RAW))
    picture.Type, picture.Subtype = Name.XObject, Name.Image
    picture.Width, picture.Height, picture.BitsPerComponent = 60, 40, 8
    picture.ColorSpace, picture.Filter = Name.DeviceRGB, Name.DCTDecode
    picture.Metadata = pdf.make_stream(RAW)
    picture.Alternates = Array([Dictionary(Asha=String(SECRET))])
    _named(pdf, "XObject").Im1 = picture


def _drawn_form(pdf: Pdf) -> None:
    form = pdf.make_stream(b"% " + RAW + b"\n0 0 9 9 re f")
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 9, 9])
    form.PieceInfo, form.AshaKey = Dictionary(Private=String(SECRET)), String(SECRET)
    _named(pdf, "XObject").Fm1 = form


def _colours(pdf: Pdf) -> None:
    made = pdf.make_stream(profile())
    made.N = 3
    made.Metadata = pdf.make_stream(RAW)
    _named(pdf, "ColorSpace").Cs1 = Array([Name.ICCBased, made])


def _font_words(pdf: Pdf) -> None:
    font = pdf.pages[0].obj.Resources.Font.F1
    font.FontDescriptor = pdf.make_indirect(
        Dictionary(
            Type=Name.FontDescriptor,
            FontName=Name.Helvetica,
            FontFamily=String(SECRET),
            CharSet=String(SECRET),
        )
    )
    font.ToUnicode = pdf.make_stream(b"% " + RAW + b"\n/CIDInit /ProcSet findresource begin end")
    font.AshaKey = String(SECRET)


def _named(pdf: Pdf, kind: str) -> pikepdf.Object:
    resources = pdf.pages[0].obj.Resources
    if f"/{kind}" not in resources:
        resources[f"/{kind}"] = Dictionary()
    return resources[f"/{kind}"]


_CHANGES: tuple[Callable[[Pdf], None], ...] = (
    _info, _xmp, _annotation, _attachment, _javascript, _outlines, _structure, _layers, _page_pieces,
    _content_comment, _marked_content, _image, _drawn_form, _colours, _font_words, _form,
)  # fmt: skip
