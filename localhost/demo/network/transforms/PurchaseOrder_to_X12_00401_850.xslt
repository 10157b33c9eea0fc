<?xml version="1.0" encoding="utf-8"?>
<!-- Tarnfell's orders to its X12 suppliers. ST02 and SE02 are the agreement's to set. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/X12/2006"
                xmlns:po="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="po">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>

  <xsl:template match="/po:PurchaseOrder">
    <edi:X12_00401_850>
      <edi:BEG>
        <BEG01>
          <xsl:choose>
            <xsl:when test="po:Purpose = 'cancellation'">01</xsl:when>
            <xsl:when test="po:Purpose = 'replacement'">05</xsl:when>
            <xsl:otherwise>00</xsl:otherwise>
          </xsl:choose>
        </BEG01>
        <BEG02>
          <xsl:choose>
            <xsl:when test="po:Contract">RL</xsl:when>
            <xsl:otherwise>NE</xsl:otherwise>
          </xsl:choose>
        </BEG02>
        <BEG03><xsl:value-of select="po:Number"/></BEG03>
        <BEG05><xsl:value-of select="translate(po:OrderDate, '-', '')"/></BEG05>
      </edi:BEG>
      <edi:CUR>
        <CUR01>BY</CUR01>
        <CUR02><xsl:value-of select="po:Currency"/></CUR02>
      </edi:CUR>
      <xsl:for-each select="po:Contract">
        <edi:REF>
          <REF01>CT</REF01>
          <REF02><xsl:value-of select="."/></REF02>
        </edi:REF>
      </xsl:for-each>
      <xsl:for-each select="po:RequestedDelivery">
        <edi:DTM>
          <DTM01>002</DTM01>
          <DTM02><xsl:value-of select="translate(., '-', '')"/></DTM02>
        </edi:DTM>
      </xsl:for-each>
      <xsl:apply-templates select="po:Buyer | po:Seller | po:ShipTo"/>
      <xsl:apply-templates select="po:Line"/>
      <edi:CTTLoop1>
        <edi:CTT>
          <CTT01><xsl:value-of select="count(po:Line)"/></CTT01>
          <CTT02><xsl:value-of select="sum(po:Line/po:Quantity)"/></CTT02>
        </edi:CTT>
      </edi:CTTLoop1>
    </edi:X12_00401_850>
  </xsl:template>

  <xsl:template match="po:Buyer | po:Seller | po:ShipTo">
    <edi:N1Loop1>
      <edi:N1>
        <N101>
          <xsl:choose>
            <xsl:when test="self::po:Buyer">BY</xsl:when>
            <xsl:when test="self::po:Seller">SE</xsl:when>
            <xsl:otherwise>ST</xsl:otherwise>
          </xsl:choose>
        </N101>
        <xsl:if test="po:Name"><N102><xsl:value-of select="po:Name"/></N102></xsl:if>
        <xsl:for-each select="po:Id">
          <N103>
            <xsl:choose>
              <xsl:when test="@scheme = 'GLN'">UL</xsl:when>
              <xsl:when test="@scheme = 'seller'">91</xsl:when>
              <xsl:when test="@scheme = 'buyer'">92</xsl:when>
              <xsl:otherwise>ZZ</xsl:otherwise>
            </xsl:choose>
          </N103>
          <N104><xsl:value-of select="."/></N104>
        </xsl:for-each>
      </edi:N1>
      <xsl:for-each select="po:Street">
        <edi:N3><N301><xsl:value-of select="."/></N301></edi:N3>
      </xsl:for-each>
      <xsl:if test="po:City">
        <edi:N4>
          <N401><xsl:value-of select="po:City"/></N401>
          <xsl:if test="po:Region"><N402><xsl:value-of select="po:Region"/></N402></xsl:if>
          <xsl:if test="po:PostalCode"><N403><xsl:value-of select="po:PostalCode"/></N403></xsl:if>
          <xsl:if test="po:Country"><N404><xsl:value-of select="po:Country"/></N404></xsl:if>
        </edi:N4>
      </xsl:if>
    </edi:N1Loop1>
  </xsl:template>

  <xsl:template match="po:Line">
    <edi:PO1Loop1>
      <edi:PO1>
        <PO101><xsl:value-of select="format-number(@number, '000')"/></PO101>
        <PO102><xsl:value-of select="po:Quantity"/></PO102>
        <PO103><xsl:value-of select="po:Quantity/@unit"/></PO103>
        <PO104><xsl:value-of select="po:UnitPrice"/></PO104>
        <PO105>CT</PO105>
        <PO106>BP</PO106>
        <PO107><xsl:value-of select="po:BuyerItem"/></PO107>
        <xsl:for-each select="po:SellerItem">
          <PO108>VP</PO108>
          <PO109><xsl:value-of select="."/></PO109>
        </xsl:for-each>
      </edi:PO1>
      <xsl:for-each select="po:Description">
        <edi:PIDLoop1>
          <edi:PID>
            <PID01>F</PID01>
            <PID05><xsl:value-of select="substring(., 1, 80)"/></PID05>
          </edi:PID>
        </edi:PIDLoop1>
      </xsl:for-each>
    </edi:PO1Loop1>
  </xsl:template>
</xsl:stylesheet>
